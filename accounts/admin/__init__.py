"""The hierarchy for staff: from customer to meter and back by clicks."""

from django.contrib import admin

# pages that other libraries bring: a change there would be in no log
for model in list(admin.site._registry):
    if model._meta.app_label in {"account", "auth", "django_celery_beat", "mfa", "socialaccount"}:
        admin.site.unregister(model)

from accounts.admin.activation_codes import ActivationCodeAdmin  # noqa: E402
from accounts.admin.contractual import (  # noqa: E402 - our pages, the groups' in place of Django's
    BillingAccountAdmin,
    CustomerAdmin,
    EntityAdmin,
    ProgramAdmin,
    ServiceContractAdmin,
)
from accounts.admin.people_history import RoleEventAdmin  # noqa: E402
from accounts.admin.physical import MeterDeviceAdmin, PremiseAdmin, ServicePointAdmin  # noqa: E402
from accounts.admin.staff import GroupAdmin, StaffActionAdmin, StaffLookAdmin  # noqa: E402
from accounts.admin.users import UserAdmin  # noqa: E402

__all__ = [
    "ActivationCodeAdmin",
    "BillingAccountAdmin",
    "CustomerAdmin",
    "EntityAdmin",
    "GroupAdmin",
    "MeterDeviceAdmin",
    "PremiseAdmin",
    "ProgramAdmin",
    "RoleEventAdmin",
    "ServiceContractAdmin",
    "ServicePointAdmin",
    "StaffActionAdmin",
    "StaffLookAdmin",
    "UserAdmin",
]

"""The hierarchy for staff: from customer to meter and back by clicks."""

from accounts.admin.activation_codes import ActivationCodeAdmin
from accounts.admin.contractual import (
    BillingAccountAdmin,
    CustomerAdmin,
    EntityAdmin,
    ProgramAdmin,
    ServiceContractAdmin,
)
from accounts.admin.help_cases import HelpCaseAdmin
from accounts.admin.people_history import RoleEventAdmin
from accounts.admin.physical import MeterDeviceAdmin, PremiseAdmin, ServicePointAdmin
from accounts.admin.staff import GroupAdmin, StaffActionAdmin, SupportSessionAdmin
from accounts.admin.users import UserAdmin

__all__ = [
    "ActivationCodeAdmin",
    "BillingAccountAdmin",
    "CustomerAdmin",
    "EntityAdmin",
    "GroupAdmin",
    "HelpCaseAdmin",
    "MeterDeviceAdmin",
    "PremiseAdmin",
    "ProgramAdmin",
    "RoleEventAdmin",
    "ServiceContractAdmin",
    "ServicePointAdmin",
    "StaffActionAdmin",
    "SupportSessionAdmin",
    "UserAdmin",
]

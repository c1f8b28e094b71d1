"""The hierarchy for staff: from customer to meter and back by clicks."""

from accounts.admin.contractual import (
    BillingAccountAdmin,
    CustomerAdmin,
    EntityAdmin,
    ProgramAdmin,
    ServiceContractAdmin,
)
from accounts.admin.physical import MeterDeviceAdmin, PremiseAdmin, ServicePointAdmin
from accounts.admin.users import UserAdmin

__all__ = [
    "BillingAccountAdmin",
    "CustomerAdmin",
    "EntityAdmin",
    "MeterDeviceAdmin",
    "PremiseAdmin",
    "ProgramAdmin",
    "ServiceContractAdmin",
    "ServicePointAdmin",
    "UserAdmin",
]

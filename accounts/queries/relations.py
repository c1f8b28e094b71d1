"""What SQL of other apps may read of this app. Times are `timestamptz`, [start, end), a null end is open."""

from accounts.models import (
    BillingAccount,
    ContractServicePoint,
    Customer,
    GridPlacement,
    LinkChange,
    MeterDevice,
    MeterInstallation,
    ServiceContract,
    ServicePoint,
    SupplyTerm,
)
from cdsc_portal.lib.db.relations import relation

CUSTOMERS = relation(Customer, "id", "is_test")
BILLING_ACCOUNTS = relation(BillingAccount, "id", "account_number", "customer_id")
# local dates: `start` to before `end`
CONTRACTS = relation(
    ServiceContract, "id", "contract_number", "commodity", "billing_account_id", "start", "end", "cds_created"
)
SUPPLY_TERMS = relation(SupplyTerm, "contract_id", "tariff_code", "start", "end")  # local dates, too
SERVICE_POINTS = relation(ServicePoint, "id", "servicepoint_number")
METERS = relation(MeterDevice, "id", "meter_number", "commodity")
CONTRACT_POINTS = relation(ContractServicePoint, "id", "contract_id", "service_point_id", "start", "end")
METER_INSTALLATIONS = relation(MeterInstallation, "id", "meter_id", "service_point_id", "start", "end")
GRID_PLACEMENTS = relation(GridPlacement, "service_point_id", "region", "start", "end")
LINK_CHANGES = relation(LinkChange, "contract_id", "service_point_id", "kind", "at", "lost_from")

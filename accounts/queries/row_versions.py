"""The rows that queries of this app read for `%(contracts)s`, keys of contracts: for tags of answers made of them."""

from cdsc_portal.lib.db.row_versions import Rows, column_of

CONTRACTS = "ANY(%(contracts)s::bigint[])"
_OF_CONTRACTS = f"contract_id = {CONTRACTS}"
_POINTS = column_of("accounts_contractservicepoint", "service_point_id", _OF_CONTRACTS)
_AT_POINTS = f"service_point_id IN ({_POINTS})"
METERS = column_of("accounts_meterinstallation", "meter_id", _AT_POINTS)
REGIONS = column_of("accounts_gridplacement", "region", _AT_POINTS)
TARIFFS = column_of("accounts_supplyterm", "tariff_code", _OF_CONTRACTS)
_ACCOUNTS = column_of("accounts_servicecontract", "billing_account_id", f"id = {CONTRACTS}")
_CUSTOMERS = column_of("accounts_billingaccount", "customer_id", f"id IN ({_ACCOUNTS})")
_DISTRIBUTORS = column_of("accounts_servicecontract", "distribution_id", f"id = {CONTRACTS}")
_SUPPLIERS = column_of("accounts_supplyterm", "supplier_id", _OF_CONTRACTS)
_PREMISES = column_of("accounts_servicepoint", "premise_id", f"id IN ({_POINTS})")

_LINKS = Rows("accounts_contractservicepoint", _OF_CONTRACTS, dated=True)
_POINT_ROWS = Rows("accounts_servicepoint", f"id IN ({_POINTS})")
_PLACEMENTS = Rows("accounts_gridplacement", _AT_POINTS, dated=True)

LABEL_ROWS = (  # labels.contract_labels
    Rows("accounts_servicecontract", f"id = {CONTRACTS}"),
    Rows("accounts_billingaccount", f"id IN ({_ACCOUNTS})"),
)
GRID_ROWS = (_LINKS, _POINT_ROWS, _PLACEMENTS)  # labels.grid_places
METERED_ROWS = (  # which meter measured which contract at which point
    _LINKS,
    _POINT_ROWS,
    Rows("accounts_meterinstallation", _AT_POINTS, dated=True),
    Rows("accounts_meterdevice", f"id IN ({METERS})"),
)
DELIVERY_ROWS = (  # deliveries.deliveries
    *METERED_ROWS,
    _PLACEMENTS,
    Rows("accounts_entity", f"id IN ({_DISTRIBUTORS})"),
    Rows("accounts_premise", f"id IN ({_PREMISES})"),
)
SUPPLY_ROWS = (  # supplies.supplies
    Rows("accounts_supplyterm", _OF_CONTRACTS),
    Rows("accounts_entity", f"id IN ({_SUPPLIERS})"),
    Rows("accounts_customer", f"id IN ({_CUSTOMERS})"),
)

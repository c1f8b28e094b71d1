"""The meters of contracts, as a customer knows them: for choosing which of them to share."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from accounts.models import MeterDevice
from cdsc_portal.lib.db.prepared import array, prepared_cursor

_METERS = """
    SELECT DISTINCT linked.contract_id, meter.id, meter.public_id, meter.meter_number, COALESCE(named.name, '')
    FROM accounts_contractservicepoint linked
    JOIN accounts_servicecontract contract ON contract.id = linked.contract_id
    JOIN accounts_billingaccount account ON account.id = contract.billing_account_id
    JOIN accounts_meterinstallation installed ON installed.service_point_id = linked.service_point_id
        AND tstzrange(installed.start, installed."end") && tstzrange(linked.start, linked."end")
    JOIN accounts_meterdevice meter ON meter.id = installed.meter_id
    LEFT JOIN accounts_metername named ON named.meter_id = meter.id AND named.customer_id = account.customer_id
    WHERE linked.contract_id = ANY(%(contracts)s::bigint[])
    ORDER BY linked.contract_id, meter.meter_number
"""


@dataclass(frozen=True, slots=True)
class ContractMeter:
    """A meter that measures, or measured, a contract. Keys are database keys; `name` is the customer's own."""

    contract: int
    key: int
    public_id: str
    number: str
    name: str


def meters_of(contracts: Collection[int]) -> list[ContractMeter]:
    """Each once a contract, by number. One query."""
    with prepared_cursor(binary=True) as cursor:
        cursor.execute(_METERS, {"contracts": array(sorted(contracts))})
        return [ContractMeter(*row) for row in cursor.fetchall()]


def meter_numbers(keys: Iterable[int]) -> list[str]:
    """Their printed numbers, in order. One query, none without keys."""
    wanted = set(keys)
    if not wanted:
        return []
    return sorted(MeterDevice.objects.filter(pk__in=wanted).values_list("meter_number", flat=True))

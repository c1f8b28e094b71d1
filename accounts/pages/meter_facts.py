"""The page of one meter: only the time in which it measured for this customer."""

from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone

from accounts.models import MeterDevice, User
from accounts.pages.validity_text import span_in_words, voltage_in_words
from accounts.queries.roles import owned_accounts, visible_contracts
from accounts.queries.service_history import service_history


@dataclass(frozen=True, slots=True)
class MeasuredRow:
    """A service that the meter measured at a point, and when in words."""

    public_id: str
    number: str
    name: str
    commodity: str
    point: str
    address: str
    voltage: str
    when: str


@dataclass(frozen=True, slots=True)
class MeterFacts:
    """`rows` newest first; `contracts` are the keys of the services in them, `customer` that of the newest one."""

    key: int
    public_id: str
    number: str
    name: str
    commodity: str
    is_in_use: bool
    rows: tuple[MeasuredRow, ...]
    contracts: frozenset[int]
    customer: int
    may_rename: bool


def meter_facts(public_id: str, *, user: User, at: datetime) -> MeterFacts | None:
    """None for a meter that is missing or never measured a contract that `user` may see. Six queries at most."""
    meter = MeterDevice.objects.filter(public_id=public_id).first()
    if meter is None:
        return None
    meter_path = {"point_links__service_point__installations__meter": meter}
    candidates = (
        visible_contracts(user=user, at=at).filter(**meter_path).select_related("billing_account").distinct()
    )
    contracts_by_key = {contract.pk: contract for contract in candidates}
    measured = [
        (period, contracts_by_key[point.contract_key], point)
        for points in service_history(contracts_by_key.values(), at=at).values()
        for point in points
        for period in point.meters
        if period.key == meter.pk
    ]
    if not measured:
        return None
    measured.sort(key=lambda item: str(item[0].span.start), reverse=True)
    today = timezone.localdate(at)
    newest, contract, _point = measured[0]
    owned = owned_accounts(user=user, at=at).filter(pk=contract.billing_account_id)
    return MeterFacts(
        key=meter.pk,
        public_id=meter.public_id,
        number=meter.meter_number,
        name=newest.name,
        commodity=meter.get_commodity_display(),
        is_in_use=any(period.span.contains(at) for period, _contract, _point in measured),
        rows=tuple(
            MeasuredRow(
                public_id=contract.public_id,
                number=contract.contract_number,
                name=contract.name,
                commodity=contract.get_commodity_display(),
                point=point.number,
                address=point.address,
                voltage=voltage_in_words(point.voltage),
                when=span_in_words(period.span, today=today),
            )
            for period, contract, point in measured
        ),
        contracts=frozenset(contract.pk for _period, contract, _point in measured),
        customer=contract.billing_account.customer_id,
        may_rename=owned.exists(),
    )

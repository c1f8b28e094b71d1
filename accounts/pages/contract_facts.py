"""The page of one service: what was agreed, apart from the points and meters that deliver it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from accounts.models import ServiceContract, User
from accounts.pages.account_facts import AccountLink
from accounts.pages.validity_text import lasting_in_words, span_in_words, voltage_in_words
from accounts.queries.roles import owned_accounts, visible_contracts
from accounts.queries.service_history import MeterPeriod, PointPeriod, service_history
from accounts.queries.supplies import supplies
from cdsc_portal.lib.time.dates_in_words import day_in_words


@dataclass(frozen=True, slots=True)
class SupplyRow:
    """Who supplied on which tariff, and when in words."""

    supplier: str
    supplier_number: str
    tariff: str
    code: str
    when: str
    is_now: bool


@dataclass(frozen=True, slots=True)
class PointRow:
    """Where service arrives; voltage in words, "" = not known."""

    number: str
    address: str
    voltage: str
    region: str
    when: str
    is_now: bool


@dataclass(frozen=True, slots=True)
class MeterRow:
    """A meter at a point, and when in words."""

    public_id: str
    number: str
    name: str
    point: str
    when: str
    is_now: bool


@dataclass(frozen=True, slots=True)
class ContractFacts:
    """`supplies`, `points` and `meters` newest first, each only while it was this contract's."""

    key: int
    public_id: str
    number: str
    name: str
    commodity: str
    account: AccountLink
    customer: str
    address: str
    status: str
    has_ended: bool
    when: str
    programs: tuple[str, ...]
    account_programs: tuple[str, ...]
    supply_now: SupplyRow | None
    supplies: tuple[SupplyRow, ...]
    network: str
    points: tuple[PointRow, ...]
    meters: tuple[MeterRow, ...]
    may_rename: bool


def contract_facts(public_id: str, *, user: User, at: datetime) -> ContractFacts | None:
    """None for a contract that is missing or somebody else's. Eight queries at most."""
    contract = (
        visible_contracts(user=user, at=at)
        .filter(public_id=public_id)
        .select_related("billing_account__customer", "distribution")
        .first()
    )
    if contract is None:
        return None
    today = timezone.localdate(at)
    account = contract.billing_account
    supplied = [
        SupplyRow(
            supplier=supply.supplier,
            supplier_number=supply.supplier_contract_id,
            tariff=supply.tariff_name,
            code=supply.tariff_code,
            when=lasting_in_words(supply.start, supply.end, today=today),
            is_now=supply.start <= today and (supply.end is None or supply.end > today),
        )
        for supply in reversed(supplies([contract.pk]))
    ]
    history = service_history([contract], at=at).get(contract.pk, ())
    return ContractFacts(
        key=contract.pk,
        public_id=contract.public_id,
        number=contract.contract_number,
        name=contract.name,
        commodity=contract.get_commodity_display(),
        account=AccountLink(account.public_id, account.account_number, account.name),
        customer=account.customer.name,
        address=contract.address,
        status=_status(contract, today),
        has_ended=contract.end is not None and contract.end <= today,
        when=lasting_in_words(contract.start, contract.end, today=today),
        programs=_names(contract.programs.all()),
        account_programs=_names(account.programs.all()),
        supply_now=next((row for row in supplied if row.is_now), None),
        supplies=tuple(supplied),
        network=contract.distribution.name if contract.distribution else "",
        points=tuple(
            PointRow(
                number=point.number,
                address=point.address,
                voltage=voltage_in_words(point.voltage),
                region=point.region,
                when=span_in_words(point.span, today=today),
                is_now=point.span.contains(at),
            )
            for point in reversed(history)
        ),
        meters=_meters(history, today, at),
        may_rename=owned_accounts(user=user, at=at).filter(pk=account.pk).exists(),
    )


def _status(contract: ServiceContract, today: date) -> str:
    if contract.end is not None and contract.end <= today:
        return _("Ended")
    if contract.start > today:
        return _("Starts on %(day)s") % {"day": day_in_words(contract.start)}
    return pgettext("state of an account or service", "Active")


def _names(programs: Iterable[object]) -> tuple[str, ...]:
    return tuple(sorted(str(program) for program in programs))


def _meters(points: Sequence[PointPeriod], today: date, at: datetime) -> tuple[MeterRow, ...]:
    pairs: list[tuple[PointPeriod, MeterPeriod]] = [
        (point, meter) for point in points for meter in point.meters
    ]
    pairs.sort(key=lambda pair: str(pair[1].span.start), reverse=True)
    return tuple(
        MeterRow(
            public_id=meter.public_id,
            number=meter.number,
            name=meter.name,
            point=point.number,
            when=span_in_words(meter.span, today=today),
            is_now=meter.span.contains(at),
        )
        for point, meter in pairs
    )

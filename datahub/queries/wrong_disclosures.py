"""What was released of a contract and, by the links as they are now, was not the contract's: a move told late.

Readings go by contract, point and meter; who supplies a point by the moment of the call; bills by the contract's days.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection
from django.db.models import Q

from accounts.models import ContractServicePoint, LinkChange, LinkKind, MeterInstallation, ServiceContract
from cdsc_portal.lib.local_days import days, first_day_from
from cdsc_portal.lib.ranges import Span, difference, union
from consent.models import Disclosure
from datahub.models import BillSection

_Dated = ContractServicePoint | MeterInstallation | ServiceContract
MOST = 2_000
READINGS, DETAILS, BILLS = "usage_data", "distribution_details", ("bill_data", "bill_statements")
# pairs that a change took something from after the release: of a link of the contract, of its own days, or of a meter
# at a point that is or was the contract's
_CANDIDATES = """
    WITH lost AS (
        SELECT contract_id, at, lost_from FROM accounts_linkchange
        WHERE contract_id IS NOT NULL AND lost_from < at
        UNION
        SELECT linked.contract_id, change.at, change.lost_from FROM accounts_linkchange change
        JOIN (
            SELECT contract_id, service_point_id FROM accounts_contractservicepoint
            UNION SELECT contract_id, service_point_id FROM accounts_linkchange WHERE kind = 'contract_point'
        ) linked ON linked.service_point_id = change.service_point_id
        WHERE change.kind = 'meter_point' AND change.lost_from < change.at
    )
    SELECT released.id, lost.contract_id, max(lost.at)
    FROM lost
    JOIN accounts_servicecontract contract ON contract.id = lost.contract_id
    JOIN consent_disclosure_contracts about ON about.servicecontract_id = lost.contract_id
    JOIN consent_disclosure released ON released.id = about.disclosure_id
    WHERE released.released_at < lost.at AND released.released_at > lost.lost_from
        AND (released.end IS NULL OR released.end > lost.lost_from)
        AND released.value_count > 0 AND released.resource = ANY(%(resources)s)
        AND (%(number)s = '' OR contract.contract_number = %(number)s)
        AND lost.at BETWEEN %(first)s AND %(last)s
    GROUP BY released.id, released.released_at, lost.contract_id
    ORDER BY released.released_at DESC, released.id DESC, lost.contract_id
    LIMIT %(most)s
"""


@dataclass(frozen=True, slots=True)
class WrongDisclosure:
    """`stretches` of what was released were not the contract's; `recorded`: when the last such change was entered."""

    disclosure: Disclosure
    contract: ServiceContract
    stretches: tuple[Span, ...]
    recorded: datetime

    @property
    def days(self) -> float:
        """How long the stretches are together, in days of 24 hours."""
        lasting = sum(
            (span.end - span.start for span in self.stretches if span.start and span.end), timedelta()
        )
        return round(lasting / timedelta(days=1), 2)


def wrong_disclosures(
    *, contract_number: str = "", recorded: Span | None = None, most: int = MOST
) -> list[WrongDisclosure]:
    """Newest release first; of one contract, or made wrong by what was entered in `recorded`; at most `most` looked at.

    Eight queries, however many. A change that was taken back makes nothing wrong.
    """
    pairs = _candidates(contract_number, recorded or Span(), most)
    contracts = ServiceContract.objects.in_bulk({contract for _, contract, _ in pairs})
    disclosures = Disclosure.objects.select_related("grant__client").in_bulk({key for key, _, _ in pairs})
    past = _Past.of(contracts)
    found = []
    for key, contract, at in pairs:
        stretches = _wrong(disclosures[key], contracts[contract], past)
        if stretches:
            found.append(WrongDisclosure(disclosures[key], contracts[contract], stretches, at))
    return found


def _candidates(number: str, recorded: Span, most: int) -> list[tuple[int, int, datetime]]:
    with connection.cursor() as cursor:
        cursor.execute(
            _CANDIDATES,
            {
                "resources": [READINGS, DETAILS, *BILLS],
                "number": number,
                "first": recorded.start or "-infinity",
                "last": recorded.end or "infinity",
                "most": most,
            },
        )
        return [(key, contract, at) for key, contract, at in cursor.fetchall()]


@dataclass(frozen=True, slots=True)
class _Link:
    """A dated link as it is (None = removed), and as it was before each change, in the order of the changes."""

    contract: int | None
    point: int | None
    meter: int | None
    created: datetime | None
    now: Span | None
    before: tuple[tuple[datetime, Span], ...]

    def at(self, moment: datetime | None) -> Span | None:
        """When it held, as was on record at `moment`; None = now."""
        if moment is None:
            return self.now
        if self.created is not None and self.created > moment:
            return None
        return next((span for at, span in self.before if at > moment), self.now)


@dataclass(frozen=True, slots=True)
class _Past:
    """All that was ever on record of some contracts."""

    points: dict[int, list[_Link]]  # by contract
    meters: dict[int, list[_Link]]  # by point
    contracts: dict[int, list[_Link]]
    sections: dict[int, list[BillSection]]

    @classmethod
    def of(cls, contracts: dict[int, ServiceContract]) -> "_Past":
        of_contract = Q(contract__in=contracts)
        linked = _links(
            LinkKind.CONTRACT_POINT, of_contract, ContractServicePoint.objects.filter(of_contract).iterator()
        )
        of_point = Q(service_point__in={link.point for link in linked})
        installed = _links(
            LinkKind.METER_POINT, of_point, MeterInstallation.objects.filter(of_point).iterator()
        )
        held = _links(LinkKind.CONTRACT, of_contract, contracts.values())
        sections: dict[int, list[BillSection]] = defaultdict(list)
        for section in BillSection.objects.filter(of_contract).select_related("statement"):
            sections[section.contract_id].append(section)
        return cls(
            _grouped(linked, lambda link: link.contract),
            _grouped(installed, lambda link: link.point),
            _grouped(held, lambda link: link.contract),
            sections,
        )

    def measured(self, contract: int, moment: datetime | None) -> dict[tuple[str, int], tuple[Span, ...]]:
        """When points and meters were the contract's, as was on record at `moment`; None = now."""
        found: dict[tuple[str, int], list[Span]] = defaultdict(list)
        held = self.held(contract, moment)
        for link in self.points.get(contract, ()):
            for span in _common(link.at(moment), held):
                found["point", link.point or 0].append(span)
                for installed in self.meters.get(link.point or 0, ()):
                    found["meter", installed.meter or 0] += _common(installed.at(moment), (span,))
        return {key: union(spans) for key, spans in found.items()}

    def held(self, contract: int, moment: datetime | None) -> tuple[Span, ...]:
        spans = (link.at(moment) for link in self.contracts.get(contract, ()))
        return tuple(span for span in spans if span is not None)


def _links(kind: LinkKind, of: Q, rows: Iterable[_Dated]) -> list[_Link]:
    """Links that are, with their changes, and those that were removed. One query."""
    changes: dict[int, list[LinkChange]] = defaultdict(list)
    for change in LinkChange.objects.filter(of, kind=kind).order_by("at", "pk"):
        changes[change.link_key].append(change)
    links = [_as_it_is(row, changes.pop(row.pk, [])) for row in rows]
    for gone in changes.values():
        last = gone[-1]
        links.append(
            _Link(
                last.contract_id, last.service_point_id, last.meter_id, last.link_created, None, _before(gone)
            )
        )
    return links


def _as_it_is(row: _Dated, changes: list[LinkChange]) -> _Link:
    if isinstance(row, ServiceContract):
        return _Link(row.pk, None, None, None, days(row.start, row.end), _before(changes))
    if isinstance(row, MeterInstallation):
        now = Span(row.start, row.end)
        return _Link(None, row.service_point_id, row.meter_id, row.created, now, _before(changes))
    now = Span(row.start, row.end)
    return _Link(row.contract_id, row.service_point_id, None, row.created, now, _before(changes))


def _before(changes: Iterable[LinkChange]) -> tuple[tuple[datetime, Span], ...]:
    return tuple((change.at, Span(change.old_start, change.old_end)) for change in changes)


def _grouped(links: Iterable[_Link], key: Callable[[_Link], int | None]) -> dict[int, list[_Link]]:
    grouped: dict[int, list[_Link]] = defaultdict(list)
    for link in links:
        grouped[key(link) or 0].append(link)
    return grouped


def _wrong(disclosure: Disclosure, contract: ServiceContract, past: _Past) -> tuple[Span, ...]:
    """The stretches of this release that are not the contract's any more."""
    at = disclosure.released_at
    released = Span(disclosure.start, min(disclosure.end or at, at))
    if disclosure.resource in BILLS:
        lost = difference(past.held(contract.pk, at), past.held(contract.pk, None))
        billed = _billed(disclosure, past.sections.get(contract.pk, ()))
        return union(span for one in billed for span in _common(one, lost))
    then, now = past.measured(contract.pk, at), past.measured(contract.pk, None)
    kind = "meter" if disclosure.resource == READINGS else None
    lost = union(
        span
        for key, spans in then.items()
        if kind is None or key[0] == kind
        for span in difference(spans, now.get(key, ()))
    )
    if disclosure.resource == DETAILS:  # of the moment of the call
        return tuple(Span(span.start, at) for span in lost if span.contains(at))
    return tuple(_common(released, lost))


def _billed(disclosure: Disclosure, sections: Collection[BillSection]) -> Iterator[Span]:
    """The periods of the bills that this release held."""
    window = Span(disclosure.start, disclosure.end)
    for section in sections:
        if disclosure.resource == "bill_data":
            is_in = window.covers(days(section.start, section.end))
        else:
            day = section.statement.statement_date
            is_in = (window.start is None or day >= first_day_from(window.start)) and (
                window.end is None or day < first_day_from(window.end)
            )
        if is_in and section.statement.cds_created <= disclosure.released_at:
            yield days(section.start, section.end)


def _common(span: Span | None, others: Iterable[Span]) -> list[Span]:
    if span is None:
        return []
    return [both for other in others if (both := span.intersect(other)) is not None]

"""Disclosures affected by backdated moves: released of a contract, though by the dates as they are now not its data."""

from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection

from accounts.models import ServiceContract
from accounts.queries.relations import CONTRACT_POINTS, CONTRACTS, LINK_CHANGES
from cdsc_portal.lib.time.local_days import days
from cdsc_portal.lib.time.ranges import Span, difference, union
from consent.models import Disclosure
from consent.queries.relations import DISCLOSURES
from datahub.bills.statements import is_dated_inside
from datahub.models import BillSection
from datahub.resources.base import BILLED_TIMES, AnswerTime
from datahub.resources.link_history import LinkHistory, common
from datahub.resources.registry import RESOURCES

PAGE_SIZE = 500
Position = tuple[int, int]  # where a page ends: the keys of a disclosure and of a contract that it is about
# pairs of a disclosure and a contract that lost time by a change after the release: of a link of the contract, of its
# own days, of a supply term, or of a meter or region of a point that is or was the contract's; a bill may have been
# released before its days began
_CANDIDATES = f"""
    WITH depending AS (SELECT * FROM unnest(%(resources)s::text[], %(kinds)s::text[]) AS pair (resource, kind)),
    lost AS (
        SELECT contract_id, kind, at, lost_from FROM {LINK_CHANGES} AS each
        WHERE contract_id IS NOT NULL AND lost_from < at AND at BETWEEN %(first)s AND %(last)s
        UNION
        SELECT linked.contract_id, change.kind, change.at, change.lost_from FROM {LINK_CHANGES} change
        JOIN (
            SELECT contract_id, service_point_id FROM {CONTRACT_POINTS} AS each
            UNION SELECT contract_id, service_point_id FROM {LINK_CHANGES} AS each WHERE kind = 'contract_point'
        ) linked ON linked.service_point_id = change.service_point_id
        WHERE change.kind IN ('meter_point', 'grid_placement') AND change.lost_from < change.at
            AND change.at BETWEEN %(first)s AND %(last)s
    )
    SELECT released.released_at, released.id, lost.contract_id, max(lost.at)
    FROM lost
    JOIN depending ON depending.kind = lost.kind
    JOIN {CONTRACTS} contract ON contract.id = lost.contract_id
    JOIN {DISCLOSURES} released ON released.contracts @> ARRAY[lost.contract_id]
        AND released.resource = depending.resource
    WHERE released.released_at < lost.at AND released.value_count > 0
        AND (released.resource = ANY(%(bills)s) OR released.released_at > lost.lost_from
            AND (released.end IS NULL OR released.end > lost.lost_from))
        AND (%(number)s = '' OR contract.contract_number = %(number)s)
        AND (%(disclosure)s::bigint IS NULL OR (released.released_at, released.id, lost.contract_id) < (
            (SELECT released_at FROM {DISCLOSURES} AS each WHERE id = %(disclosure)s), %(disclosure)s, %(contract)s))
    GROUP BY released.released_at, released.id, lost.contract_id
    ORDER BY released.released_at DESC, released.id DESC, lost.contract_id DESC
    LIMIT %(most)s
"""  # noqa: S608 - no part of it is input


@dataclass(frozen=True, slots=True)
class AffectedDisclosure:
    """`spans` of what was released were not the contract's; `recorded`: when the last such change was entered."""

    disclosure: Disclosure
    contract: ServiceContract
    spans: tuple[Span, ...]
    recorded: datetime

    @property
    def days(self) -> float:
        """How long the spans are together, in days of 24 hours."""
        total = sum((span.end - span.start for span in self.spans if span.start and span.end), timedelta())
        return round(total / timedelta(days=1), 2)


def affected_disclosures(
    *, contract_number: str = "", recorded: Span | None = None
) -> Iterator[AffectedDisclosure]:
    """All of them, newest release first, page by page: see `affected_page`."""
    after = None
    while True:
        page, after = affected_page(contract_number=contract_number, recorded=recorded, after=after)
        yield from page
        if after is None:
            return


def affected_page(
    *, contract_number: str = "", recorded: Span | None = None, after: Position | None = None
) -> tuple[list[AffectedDisclosure], Position | None]:
    """Those among the next PAGE_SIZE that a change concerns, newest release first (X-15), and where the next begin.

    Of one contract, or affected by what was entered in `recorded`. Thirteen queries, however many. A change that was
    taken back affects nothing.
    """
    pairs = _candidates(contract_number, recorded or Span(), after, PAGE_SIZE + 1)
    checked = pairs[:PAGE_SIZE]
    contracts = ServiceContract.objects.in_bulk({contract for _, _, contract, _ in checked})
    released = Disclosure.objects.filter(released_at__in={at for at, _, _, _ in checked})  # by that index
    disclosures = released.select_related("grant__client").in_bulk({key for _, key, _, _ in checked})
    history = LinkHistory.of(contracts.values())
    sections: dict[int, list[BillSection]] = defaultdict(list)
    for section in BillSection.objects.filter(contract__in=contracts).select_related("statement"):
        sections[section.contract_id].append(section)
    affected = []
    for _, key, contract, at in checked:
        spans = _lost_spans(disclosures[key], contract, history, sections[contract])
        if spans:
            affected.append(AffectedDisclosure(disclosures[key], contracts[contract], spans, at))
    return affected, checked[-1][1:3] if len(pairs) > PAGE_SIZE else None


def _candidates(
    number: str, recorded: Span, after: Position | None, most: int
) -> list[tuple[datetime, int, int, datetime]]:
    """(when released, disclosure, contract, when the last change of it was entered)."""
    pairs = [(name, kind) for name, resource in RESOURCES.items() for kind in sorted(resource.link_kinds)]
    bills = [name for name, resource in RESOURCES.items() if resource.time in BILLED_TIMES]
    with connection.cursor() as cursor:
        cursor.execute(
            _CANDIDATES,
            {
                "resources": [name for name, _ in pairs],
                "kinds": [str(kind) for _, kind in pairs],
                "bills": bills,
                "number": number,
                "first": recorded.start or "-infinity",
                "last": recorded.end or "infinity",
                "disclosure": after[0] if after else None,
                "contract": after[1] if after else None,
                "most": most,
            },
        )
        return list(cursor.fetchall())


def _lost_spans(
    disclosure: Disclosure, contract: int, history: LinkHistory, sections: Collection[BillSection]
) -> tuple[Span, ...]:
    """What of this release was the contract's, as was on record then, and is not the contract's any more."""
    at, resource = disclosure.released_at, RESOURCES[disclosure.resource]
    lost = union(
        span
        for spans_of in resource.histories
        for key, spans in spans_of(history, contract, at).items()
        for span in difference(spans, spans_of(history, contract, None).get(key, ()))
    )
    if resource.time is AnswerTime.PRESENT:
        return tuple(Span(span.start, at) for span in lost if span.contains(at))
    if resource.time is AnswerTime.WINDOW:
        return tuple(common(Span(disclosure.start, min(disclosure.end or at, at)), lost))
    window = Span(disclosure.start, disclosure.end)
    billed = [
        days(section.start, section.end)
        for section in sections
        if section.statement.cds_created <= at and _is_billed_in(section, window, resource.time)
    ]
    return union(span for period in billed for span in common(period, lost))


def _is_billed_in(section: BillSection, window: Span, time: AnswerTime) -> bool:
    """Whether an answer of `window` held the section: its days lie inside, or its statement is dated inside."""
    if time is AnswerTime.BILLED_DAYS:
        return window.covers(days(section.start, section.end))
    return is_dated_inside(section.statement.statement_date, window)

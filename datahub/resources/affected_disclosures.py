"""What was released of a contract and, by the dates as they are now, was not the contract's: a move told late."""

from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection

from accounts.models import ServiceContract
from accounts.queries.relations import CONTRACT_POINTS, CONTRACTS, LINK_CHANGES
from cdsc_portal.lib.time.local_days import days, first_day_from
from cdsc_portal.lib.time.ranges import Span, difference, union
from consent.models import Disclosure
from consent.queries.relations import DISCLOSURE_CONTRACTS, DISCLOSURES
from datahub.models import BillSection
from datahub.resources.base import AnswerTime
from datahub.resources.link_history import LinkHistory, common
from datahub.resources.registry import RESOURCES

PAGE_SIZE = 500
# pairs that a change took something from after the release: of a link of the contract, of its own days, of a supply
# term, or of a meter or region of a point that is or was the contract's; bills may be ahead of their days
_CANDIDATES = f"""
    WITH touched AS (SELECT * FROM unnest(%(resources)s::text[], %(kinds)s::text[]) AS pair (resource, kind)),
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
    SELECT released.id, lost.contract_id, max(lost.at)
    FROM lost
    JOIN touched ON touched.kind = lost.kind
    JOIN {CONTRACTS} contract ON contract.id = lost.contract_id
    JOIN {DISCLOSURE_CONTRACTS} about ON about.servicecontract_id = lost.contract_id
    JOIN {DISCLOSURES} released ON released.id = about.disclosure_id AND released.resource = touched.resource
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


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page ends: the keys of a disclosure and of a contract that it is about."""

    disclosure: int
    contract: int


@dataclass(frozen=True, slots=True)
class WrongPage:
    """`found` may be fewer than were looked at; `resume` is where the next page begins, None = this is the last."""

    found: tuple[WrongDisclosure, ...]
    resume: Place | None


def wrong_disclosures(
    *, contract_number: str = "", recorded: Span | None = None
) -> Iterator[WrongDisclosure]:
    """Each one, newest release first, page by page: see `wrong_page`."""
    page = wrong_page(contract_number=contract_number, recorded=recorded)
    yield from page.found
    while page.resume is not None:
        page = wrong_page(contract_number=contract_number, recorded=recorded, after=page.resume)
        yield from page.found


def wrong_page(
    *, contract_number: str = "", recorded: Span | None = None, after: Place | None = None
) -> WrongPage:
    """Those among the next PAGE_SIZE that a change touched, newest release first (X-15).

    Of one contract, or made wrong by what was entered in `recorded`. Thirteen queries, however many. A change that
    was taken back makes nothing wrong.
    """
    pairs = _candidates(contract_number, recorded or Span(), after, PAGE_SIZE + 1)
    looked_at = pairs[:PAGE_SIZE]
    contracts = ServiceContract.objects.in_bulk({contract for _, contract, _ in looked_at})
    disclosures = Disclosure.objects.select_related("grant__client").in_bulk({key for key, _, _ in looked_at})
    past, sections = LinkHistory.of(contracts.values()), _sections(contracts)
    found = []
    for key, contract, at in looked_at:
        stretches = _wrong(disclosures[key], contract, past, sections[contract])
        if stretches:
            found.append(WrongDisclosure(disclosures[key], contracts[contract], stretches, at))
    return WrongPage(tuple(found), Place(*looked_at[-1][:2]) if len(pairs) > PAGE_SIZE else None)


def _candidates(
    number: str, recorded: Span, after: Place | None, most: int
) -> list[tuple[int, int, datetime]]:
    """(disclosure, contract, when the last change of it was entered)."""
    pairs = [(name, kind) for name, resource in RESOURCES.items() for kind in sorted(resource.link_kinds)]
    with connection.cursor() as cursor:
        cursor.execute(
            _CANDIDATES,
            {
                "resources": [name for name, _ in pairs],
                "kinds": [str(kind) for _, kind in pairs],
                "bills": [name for name, resource in RESOURCES.items() if resource.time is AnswerTime.BILLS],
                "number": number,
                "first": recorded.start or "-infinity",
                "last": recorded.end or "infinity",
                "disclosure": after.disclosure if after else None,
                "contract": after.contract if after else None,
                "most": most,
            },
        )
        return [(key, contract, at) for key, contract, at in cursor.fetchall()]


def _sections(contracts: Collection[int]) -> dict[int, list[BillSection]]:
    found: dict[int, list[BillSection]] = defaultdict(list)
    for section in BillSection.objects.filter(contract__in=contracts).select_related("statement"):
        found[section.contract_id].append(section)
    return found


def _wrong(
    disclosure: Disclosure, contract: int, past: LinkHistory, sections: Collection[BillSection]
) -> tuple[Span, ...]:
    """The stretches of this release that are not the contract's any more."""
    at = disclosure.released_at
    lost = _lost(disclosure.resource, contract, past, at)
    match RESOURCES[disclosure.resource].time:
        case AnswerTime.PRESENT:
            return tuple(Span(span.start, at) for span in lost if span.contains(at))
        case AnswerTime.BILLS:
            billed = _billed(disclosure, sections)
            return union(span for one in billed for span in common(one, lost))
        case AnswerTime.WINDOW:
            return tuple(common(Span(disclosure.start, min(disclosure.end or at, at)), lost))


def _lost(resource: str, contract: int, past: LinkHistory, at: datetime) -> tuple[Span, ...]:
    """What was the contract's, as was on record at `at`, and is not any more."""
    return union(
        span
        for history in RESOURCES[resource].histories
        for key, spans in history(past, contract, at).items()
        for span in difference(spans, history(past, contract, None).get(key, ()))
    )


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

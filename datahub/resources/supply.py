"""Suppliers and tariffs: now, and through the window."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime

from accounts.queries.supplies import Supply, supplies
from cdsc_portal.lib.ranges import Span, hull
from datahub.answers.coverage import Coverage
from datahub.answers.loaded_until import standing
from datahub.answers.page import Page


@dataclass(frozen=True, slots=True)
class ReadableSupply:
    """A supply term with its dates cut: None and named in `withheld` where they lie outside the window."""

    supply: Supply
    start: date | None
    end: date | None
    withheld: tuple[str, ...]


def current_supplies(covered: Coverage, *, at: datetime) -> Page[ReadableSupply]:
    """The terms that hold at `at`. One query."""
    known = supplies(covered.spans.keys())
    items = [ReadableSupply(term, term.start, term.end, ()) for term in known if term.span.contains(at)]
    return _page(items, known, covered)


def supply_history(covered: Coverage, *, at: datetime) -> Page[ReadableSupply]:
    """Every term that touches the window, oldest first, cut to it. One query."""
    known = supplies(covered.spans.keys())
    touching = [
        (term, span, part)
        for term in known
        for span in covered.spans[term.contract_key]
        if (part := term.span.intersect(span)) is not None
    ]
    begun = [cut for _term, _span, part in touching if (cut := part.intersect(Span(None, at))) is not None]
    page = _page([_cut(term, span, at) for term, span, _part in touching], known, covered)
    return replace(page, data=hull(begun))


def _cut(term: Supply, span: Span, at: datetime) -> ReadableSupply:
    """What began before the window or ends after it is a change outside it. A window still open hides no end."""
    began_before = span.start is not None and (term.span.start is None or term.span.start < span.start)
    goes_on = span.end is not None and (term.span.end is None or term.span.end > span.end)
    hides_end = goes_on and (term.span.end is not None or (span.end is not None and span.end <= at))
    return ReadableSupply(
        supply=term,
        start=None if began_before else term.start,
        end=None if hides_end else term.end,
        withheld=("start",) * began_before + ("end",) * hides_end,
    )


def _page(items: list[ReadableSupply], known: Iterable[Supply], covered: Coverage) -> Page[ReadableSupply]:
    synced: dict[int, datetime] = {}
    for term in known:
        synced[term.contract_key] = max(term.verified, synced.get(term.contract_key, term.verified))
    found = frozenset(item.supply.contract_key for item in items)
    standings = {
        contract: standing(found=contract in found, synced=synced.get(contract)) for contract in covered.spans
    }
    return Page(items=items, standings=standings, contracts=found, values=len(items))

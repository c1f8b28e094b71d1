"""Every supplier and tariff that touches the window."""

from dataclasses import replace
from datetime import datetime

from accounts.queries.row_versions import SUPPLY_ROWS
from accounts.queries.supplies import Supply, supplies
from cdsc_portal.lib.time.ranges import Span, hull
from datahub.answers.coverage import Coverage
from datahub.answers.page import Page
from datahub.resources.base import Call, Resource
from datahub.resources.link_history import LinkHistory
from datahub.resources.supply_details import EXAMPLE, ReadableSupply, SupplyShape, supply_page


def supply_history(call: Call) -> tuple[Coverage, Page[ReadableSupply]]:
    """Every term that touches the window, oldest first, cut to it. Two queries."""
    covered, at = call.coverage(), call.at
    known = supplies(covered.spans.keys())
    touching = [
        (term, span, part)
        for term in known
        for span in covered.spans[term.contract_key]
        if (part := term.span.intersect(span)) is not None
    ]
    begun = [cut for _term, _span, part in touching if (cut := part.intersect(Span(None, at))) is not None]
    page = supply_page([_cut(term, span, at) for term, span, _part in touching], known, covered)
    return covered, replace(page, data=hull(begun))


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


RESOURCE = Resource(
    name="supply_history",
    summary="Every supplier and tariff that touches the window.",
    query=supply_history,
    shape=SupplyShape,
    examples={"": EXAMPLE | {"start": None, "end": "2025-06-01", "withheld": ["start"]}},
    rows=SUPPLY_ROWS,
    histories=(LinkHistory.supplied,),
)

"""The plain way to tell which meter measured which contract, to hold the statement that serves data against."""

from collections.abc import Collection

from django.db.models import F, Q

from accounts.models import ContractServicePoint
from accounts.queries.links import MeteredSpan
from cdsc_portal.lib.time.local_days import days
from cdsc_portal.lib.time.ranges import Span


def metered_spans(contract_ids: Collection[int], window: Span) -> list[MeteredSpan]:
    """Every stretch of `window` in which a meter, its point and one of the contracts were linked and the contract held.

    One query.

    A former occupant's readings lie outside these spans, so they never show.
    """
    links = (
        # one filter() call: a second one would join the installations again
        ContractServicePoint.objects.filter(
            _overlaps("service_point__installations__", "start", "end"),
            _window(window, ""),
            _window(window, "service_point__installations__"),
            contract_id__in=contract_ids,
        )
        .annotate(
            meter_id=F("service_point__installations__meter_id"),
            installed=F("service_point__installations__start"),
            removed=F("service_point__installations__end"),
            first_day=F("contract__start"),
            day_after=F("contract__end"),
        )
        .order_by("contract_id", "meter_id", "start")
    )
    spans = []
    for link in links:
        linked = Span(link.start, link.end).intersect(Span(link.installed, link.removed))
        held = linked.intersect(days(link.first_day, link.day_after)) if linked else None
        cut = held.intersect(window) if held else None
        if cut is not None:
            spans.append(MeteredSpan(link.contract_id, link.service_point_id, link.meter_id, cut))
    return spans


def _overlaps(prefix: str, start: str, end: str) -> Q:
    """The other link (behind `prefix`) shares an instant with this one."""
    ends_later = Q(**{f"{prefix}end__isnull": True}) | Q(**{f"{prefix}end__gt": F(start)})
    starts_sooner = Q(**{f"{end}__isnull": True}) | Q(**{f"{prefix}start__lt": F(end)})
    return ends_later & starts_sooner


def _window(window: Span, prefix: str) -> Q:
    condition = Q()
    if window.end is not None:
        condition &= Q(**{f"{prefix}start__lt": window.end})
    if window.start is not None:
        condition &= Q(**{f"{prefix}end__isnull": True}) | Q(**{f"{prefix}end__gt": window.start})
    return condition

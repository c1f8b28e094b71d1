"""What of feeds waits for staff: closed by nobody, and not over by itself."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Min, OuterRef, Q, QuerySet, Subquery

from accounts.models import ClosedKind
from accounts.queries.closed_matters import closings, is_closed
from datahub.feeds.runs.feed_status import worst_first
from datahub.models import Feed, FeedRun, FeedSource, ParkedReadings, RunStatus


@dataclass(frozen=True, slots=True)
class OpenMatters:
    """How many of each wait; `meters` of parked readings by meter."""

    runs: int
    sources: int
    feeds: int
    meters: int


def open_matters(*, at: datetime) -> OpenMatters:
    """Four queries."""
    return OpenMatters(
        runs=open_runs(FeedRun.objects.all()).count(),
        sources=open_sources(FeedSource.objects.all()).count(),
        feeds=open_feeds(worst_first(Feed.objects.all(), at=at)).count(),
        meters=open_parked(ParkedReadings.objects.all()).values("meter_number").distinct().count(),
    )


def open_runs(runs: QuerySet[FeedRun]) -> QuerySet[FeedRun]:
    """Files that were refused, or whose loading failed."""
    return runs.filter(~is_closed(ClosedKind.RUN), status__in=(RunStatus.REFUSED, RunStatus.FAILED))


def open_sources(sources: QuerySet[FeedSource]) -> QuerySet[FeedSource]:
    """Sources whose last look failed."""
    return sources.filter(~is_closed(ClosedKind.SOURCE), active=True).exclude(problem="")


def open_feeds(feeds: QuerySet[Feed]) -> QuerySet[Feed]:
    """Of `worst_first`: feeds later than their rhythm, or whose last file had fewer rows than expected."""
    return feeds.filter(Q(is_overdue=True) | Q(is_short=True))


def open_parked(parked: QuerySet[ParkedReadings]) -> QuerySet[ParkedReadings]:
    """Readings of meters that were not closed since the oldest of them came."""
    oldest = ParkedReadings.objects.filter(meter_number=OuterRef(OuterRef("meter_number"))).order_by()
    since = oldest.values("meter_number").annotate(first=Min("created")).values("first")
    closed = closings(ClosedKind.METER, "meter_number").filter(at__gte=Subquery(since))
    return parked.annotate(closed_at=Subquery(closed.values("at")[:1])).filter(closed_at=None)

"""The state of each feed, those that need people first; and the progress of runs, in words for staff."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import (
    BooleanField,
    Case,
    Count,
    DateField,
    DateTimeField,
    F,
    Func,
    IntegerField,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
    TimeField,
    Value,
    When,
)
from django.db.models.expressions import RawSQL
from django.db.models.functions import Cast, Coalesce, Greatest
from django.utils.formats import number_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import ClosedKind
from accounts.queries.closed_matters import closings
from cdsc_portal.lib.time.dates_in_words import moment_in_words
from datahub.models import Feed, FeedRun, FeedSource, ParkedReadings, RunStatus

LATE_AFTER = timedelta(days=2)
WORST_FIRST = ("urgency", F("last_rejected").desc(nulls_last=True), "name")  # of what `worst_first` annotates

_WORDS: dict[str, tuple[str | Promise, str]] = {
    "failed": (gettext_lazy("Failed"), "bad"),
    "refused": (gettext_lazy("File refused"), "bad"),
    "held": (gettext_lazy("Waits for your confirmation"), "warn"),
    "late": (gettext_lazy("Late"), "warn"),
    "short": (gettext_lazy("Fewer rows than expected"), "warn"),
    "rejected": (gettext_lazy("Rows rejected"), "warn"),
    "never": (gettext_lazy("Nothing loaded yet"), "warn"),
    "going": (gettext_lazy("Loading now"), "ok"),
    "good": (gettext_lazy("Up to date"), "ok"),
}


@dataclass(frozen=True, slots=True)
class FeedStanding:
    """One feed: `words` say its state, `tone` (bad, warn, ok) only colors them."""

    key: int
    name: str
    words: str
    tone: str
    fresh: str
    rejected: int
    run_key: int | None


@dataclass(frozen=True, slots=True)
class RunInProgress:
    """One run in progress; `percent` for the bar, all of it in words besides."""

    key: int
    name: str
    percent: int
    words: str
    counts: str


@dataclass(frozen=True, slots=True)
class FeedFigures:
    """`runs` by status: those that are not over, and those begun in the last day; `last_done` by the feed's name, and
    `due`, by when its next file is expected, of feeds that have a rhythm.
    """

    runs: Mapping[str, int]
    last_done: Mapping[str, datetime | None]
    due: Mapping[str, datetime]
    failing_sources: int
    parked_readings: int


def feed_figures(*, at: datetime) -> FeedFigures:
    """How feeds stand, for whoever watches the server. Four queries."""
    unfinished = Q(status__in=(RunStatus.WAITING, RunStatus.RUNNING, RunStatus.HELD))
    recent = FeedRun.objects.filter(unfinished | Q(created__gte=at - timedelta(days=1)))
    counts = dict(recent.order_by().values_list("status").annotate(count=Count("pk")))
    standing = [(feed.name, vars(feed)) for feed in with_rhythm(Feed.objects.all(), at=at)]  # annotated
    return FeedFigures(
        runs={status: counts.get(status, 0) for status in RunStatus.values},
        last_done={name: facts["last_done"] for name, facts in standing},
        due={name: facts["due"] for name, facts in standing if facts["due"]},
        failing_sources=FeedSource.objects.filter(active=True).exclude(problem="").count(),
        parked_readings=ParkedReadings.objects.aggregate(sum=Sum("readings"))["sum"] or 0,
    )


def standing_feeds(*, at: datetime, limit: int) -> tuple[FeedStanding, ...]:
    """The `limit` worst feeds, worst first. One query, however many feeds and runs."""
    standings = []
    for feed in worst_first(Feed.objects.all(), at=at)[:limit]:
        facts = vars(feed)  # annotated
        words, tone = _WORDS[facts["state"]]
        fresh = moment_in_words(facts["last_done"]) if facts["last_done"] else _("never")
        rejected = facts["last_rejected"] or 0
        standings.append(
            FeedStanding(feed.pk, feed.name, str(words), tone, fresh, rejected, facts["last_run"])
        )
    return tuple(standings)


def with_rhythm(feeds: QuerySet[Feed], *, at: datetime) -> QuerySet[Feed]:
    """`feeds` with `last_done`, `closed_at`, `due` (by when the next file is expected, None without a rhythm) and
    `is_overdue`.

    The rhythm counts from the last file that was loaded whole, from the feed's beginning before one, or from when
    staff closed that it is late.
    """
    done = FeedRun.objects.filter(feed=OuterRef("pk"), status=RunStatus.DONE).order_by("-created", "-pk")
    named = feeds.annotate(
        last_done=Subquery(done.values("finished")[:1]),
        closed_at=Subquery(closings(ClosedKind.FEED).values("at")[:1]),
    )
    since = Greatest(Coalesce("last_done", "created"), "closed_at")
    local = Cast(Func(F("time_zone"), since, function="timezone", output_field=DateTimeField()), DateField())
    by = Coalesce("expected_at", RawSQL("time '24:00'", []), output_field=TimeField())
    clock_time = Func(
        local,
        F("expected_every_days"),
        by,
        template="(%(expressions)s)",
        arg_joiner=" + ",
        output_field=DateTimeField(),
    )
    due = Func(F("time_zone"), clock_time, function="timezone", output_field=DateTimeField())
    return named.annotate(due=due).annotate(is_overdue=_is(Q(due__lt=at)))


def _is(rule: Q) -> Case:
    return Case(When(rule, then=Value(True)), default=Value(False), output_field=BooleanField())


def worst_first(feeds: QuerySet[Feed], *, at: datetime) -> QuerySet[Feed]:
    """`with_rhythm`, and `state`, `last_run`, `last_rejected` and `is_short`; those that need people first."""
    newest = FeedRun.objects.filter(feed=OuterRef("pk")).order_by("-created", "-pk")
    done = newest.filter(status=RunStatus.DONE)
    named = with_rhythm(feeds, at=at).annotate(
        last_run=Subquery(newest.values("pk")[:1]),
        last_status=Subquery(newest.values("status")[:1]),
        last_at=Subquery(newest.values("created")[:1]),
        last_rejected=Subquery(newest.values("rejected")[:1]),
        is_short=_is(
            Q(expected_rows__gt=Subquery(done.values("rows_read")[:1]))
            & (Q(closed_at=None) | Q(last_done__gt=F("closed_at")))
        ),
    )
    going = Q(last_status__in=(RunStatus.RUNNING, RunStatus.WAITING))
    states: Sequence[tuple[str, Q]] = (
        ("failed", Q(last_status=RunStatus.FAILED)),
        ("refused", Q(last_status=RunStatus.REFUSED)),
        ("held", Q(last_status=RunStatus.HELD)),
        ("going", going),
        ("never", Q(last_run=None)),
        ("late", Q(is_overdue=True) | Q(expected_every_days=None, last_done__lt=at - LATE_AFTER)),
        ("short", Q(is_short=True)),
        ("rejected", Q(last_rejected__gt=0)),
    )
    order = list(_WORDS)
    return named.annotate(
        state=Case(*(When(rule, then=Value(name)) for name, rule in states), default=Value("good")),
        urgency=Case(
            *(When(rule, then=Value(order.index(name))) for name, rule in states),
            default=Value(len(order)),
            output_field=IntegerField(),
        ),
    ).order_by(*WORST_FIRST)


def state_in_words(feed: Feed) -> str:
    """The state of a feed of `worst_first`."""
    return str(_WORDS[vars(feed)["state"]][0])


def runs_in_progress(*, limit: int) -> tuple[RunInProgress, ...]:
    """Runs that are loading or wait for a worker, the oldest first. One query."""
    runs = FeedRun.objects.filter(status__in=(RunStatus.RUNNING, RunStatus.WAITING)).select_related("feed")
    return tuple(
        RunInProgress(
            key=run.pk,
            name=str(run),
            percent=int(run.share_done * 100),
            words=progress_in_words(run),
            counts=counts_in_words(run),
        )
        for run in runs.order_by("created")[:limit]
    )


def progress_in_words(run: FeedRun) -> str:
    """Percent, and while it runs the rows a second of the last chunks and the time left."""
    words = [f"{int(run.share_done * 100)} %"]
    if run.status == RunStatus.RUNNING and run.rate:
        words.append(_("%(rate)s rows/s") % {"rate": _number(round(run.rate))})
    if run.seconds_left is not None:
        minutes, seconds = divmod(run.seconds_left, 60)
        left = {"minutes": minutes, "seconds": seconds}
        words.append((_("%(minutes)d min %(seconds)d s left") if minutes else _("%(seconds)d s left")) % left)
    return ", ".join(words)


def counts_in_words(run: FeedRun) -> str:
    """What became of the rows so far; they add up at every moment."""
    counts = {
        "rows": _number(run.rows_read),
        "accepted": _number(run.accepted),
        "unchanged": _number(run.unchanged),
        "rejected": _number(run.rejected),
    }
    words = _("%(rows)s rows, %(accepted)s accepted, %(unchanged)s unchanged, %(rejected)s rejected") % counts
    if not run.parked:
        return words
    return words + _(", %(parked)s parked") % {"parked": _number(run.parked)}


def _number(count: int) -> str:
    return number_format(count, force_grouping=True)

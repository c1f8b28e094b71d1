"""/my/activity/: which companies read, what the account's people did, when support looked, day by day (P-33)."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.functional import Promise
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.models import RoleEvent, User
from accounts.queries.role_events import role_events_within
from accounts.queries.support_sessions import SessionRecord, support_sessions_within
from accounts.role_words import role_event_in_words
from cdsc_portal.lib.db.compiled_query import Keys, compiled_query
from cdsc_portal.lib.time.dates_in_words import day_in_words, span_in_words, time_in_words
from cdsc_portal.lib.time.local_days import days
from consent.models import Grant, GrantEvent
from consent.pages.sharing.timeline import step_in_words
from consent.queries.visible_grants import grant_keys
from consent.queries.visible_reads import MOST_DAYS, ReadsOfDay, reads_by_day
from consent.scopes.catalogue import SCOPES

PEOPLE, SUPPORT = "people", "support"
LENGTHS: dict[int, str | Promise] = {
    7: gettext_lazy("A week"),
    30: gettext_lazy("A month"),
    365: gettext_lazy("A year"),
}
_USUAL = 30
_MOST_LINES = MOST_DAYS - 1


@dataclass(frozen=True, slots=True)
class ActivityFilter:
    """`length` local days that end with `last`; `who` is a client's public id, `people`, `support` or empty for all."""

    length: int
    last: date
    who: str

    @property
    def first(self) -> date:
        return self.last - timedelta(days=self.length - 1)

    @property
    def bounds(self) -> tuple[datetime, datetime]:
        span = days(self.first, self.last + timedelta(days=1))
        if span.start is None or span.end is None:
            raise ValueError("a filter has two ends")
        return span.start, span.end

    def query(self, **changed: str | int) -> str:
        values: dict[str, str | int] = {
            "days": self.length,
            "last": self.last.isoformat(),
            "who": self.who,
            **changed,
        }
        return urlencode({name: value for name, value in values.items() if value})


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that happened; `at` (UTC) puts it in order, `grant` is the public id of the sharing it is about."""

    at: datetime
    kind: str
    who: str
    what: str
    note: str = ""
    grant: str = ""


@dataclass(frozen=True, slots=True)
class Choice:
    label: str | Promise
    url: str
    is_current: bool


@dataclass(frozen=True, slots=True)
class ActivityPage:
    """`days` are headings with what happened on them, newest first; `is_cut`: there is more than a page shows."""

    chosen: ActivityFilter
    period: str
    lengths: tuple[Choice, ...]
    companies: tuple[tuple[str, str], ...]
    earlier: str
    later: str
    days: tuple[tuple[str, tuple[Line, ...]], ...]
    is_cut: bool


def chosen_filter(*, length: str, last: str, who: str, today: date) -> ActivityFilter:
    """What the address says, or the usual where it says nonsense."""
    known = int(length) if length.isdecimal() and len(length) < 4 else _USUAL
    try:
        day = min(date.fromisoformat(last), today)
    except ValueError:
        day = today
    return ActivityFilter(
        length=known if known in LENGTHS else _USUAL,
        last=max(day, date(2000, 1, 1)),
        who=who.replace("\0", "")[:20],
    )


def activity_page(*, user: User, chosen: ActivityFilter, at: datetime) -> ActivityPage:
    """What `user` may know of their accounts, read at `at`. Seven queries, however much happened."""
    everything = happened(user=user, chosen=chosen, at=at)
    start, end = chosen.bounds
    reads = reads_by_day(user=user, at=at, grants=everything.grants, start=start, end=end)
    lines = [read_line(row, everything.grants[row.grant]) for row in reads] + everything.steps
    lines.sort(key=lambda line: line.at, reverse=True)
    is_cut = len(lines) > _MOST_LINES
    by_day = groupby(lines[:_MOST_LINES], key=lambda line: timezone.localdate(line.at))
    today = timezone.localdate(at)
    step = timedelta(days=chosen.length)
    return ActivityPage(
        chosen=chosen,
        period=span_in_words(*chosen.bounds),
        lengths=tuple(
            Choice(label, f"?{chosen.query(days=length)}", length == chosen.length)
            for length, label in LENGTHS.items()
        ),
        companies=companies(everything.seen.values()),
        earlier=f"?{chosen.query(last=(chosen.last - step).isoformat())}",
        later=f"?{chosen.query(last=min(chosen.last + step, today).isoformat())}"
        if chosen.last < today
        else "",
        days=tuple((day_in_words(day), tuple(lines_of_day)) for day, lines_of_day in by_day),
        is_cut=is_cut,
    )


def companies(seen: Iterable[Grant]) -> tuple[tuple[str, str], ...]:
    """Public id and name of each company with which anything of the user's is or was shared, by name. No query."""
    clients = {(grant.client.public_id, grant.client.name) for grant in seen}
    return tuple(sorted(clients, key=lambda company: (company[1].casefold(), company[0])))


@dataclass(frozen=True, slots=True)
class Happened:
    """What a filter lets through of the sharings `seen` (by key): its `grants`, and each step but reads as a line."""

    seen: Mapping[int, Grant]
    grants: Mapping[int, Grant]
    steps: list[Line]


def happened(*, user: User, chosen: ActivityFilter, at: datetime) -> Happened:
    """Everything that `user` may know of their accounts. Six queries."""
    start, end = chosen.bounds
    seen = {grant.pk: grant for grant in _with_clients(keys=grant_keys(user=user, at=at).every)}
    grants = {pk: grant for pk, grant in seen.items() if chosen.who in ("", grant.client.public_id)}
    acted_on = seen if chosen.who == PEOPLE else grants
    events = _events(grants=Keys.of(acted_on), start=start, end=end)
    steps = [step_line(event, acted_on[event.grant_id], user) for event in events]
    customers, roles = role_events_within(user=user, start=start, end=end, at=at)
    if chosen.who in ("", PEOPLE):
        steps += map(role_line, roles)
    if chosen.who in ("", SUPPORT):
        steps += support_lines(support_sessions_within(customer_ids=customers, start=start, end=end))
    return Happened(seen, grants, steps)


@compiled_query
def _with_clients(*, keys: Keys) -> QuerySet[Grant]:
    return Grant.objects.filter(pk__in=keys.rows).select_related("client")


@compiled_query
def _events(*, grants: Keys, start: datetime, end: datetime) -> QuerySet[GrantEvent]:
    events = GrantEvent.objects.filter(grant__in=grants.rows, at__gte=start, at__lt=end)
    return events.select_related("by")


def read_line(row: ReadsOfDay, grant: Grant) -> Line:
    """A day's reads of one kind of data: how often, how much, and of when."""
    times = ngettext("%(number)s time", "%(number)s times", row.times) % {"number": _number(row.times)}
    values = ngettext("%(number)s value", "%(number)s values", row.values) % {"number": _number(row.values)}
    parts = [times, values if row.values else _("nothing was there to read")]
    if row.values and row.data_start is not None and row.data_end is not None:
        parts.append(span_in_words(row.data_start, row.data_end))
    what = _("read: %(data)s") % {"data": SCOPES[row.scope].title}
    return Line(row.last, "company", grant.client.name, what, " · ".join(parts), grant.public_id)


def step_line(event: GrantEvent, grant: Grant, viewer: User) -> Line:
    """What somebody did to a sharing."""
    what = _("Sharing with %(company)s: %(step)s") % {
        "company": grant.client.name,
        "step": step_in_words(event, viewer=viewer),
    }
    return Line(event.at, "person", "", what, time_in_words(event.at), grant.public_id)


def role_line(event: RoleEvent) -> Line:
    return Line(event.at, "person", "", role_event_in_words(event), time_in_words(event.at))


def support_lines(sessions: Iterable[SessionRecord]) -> Iterator[Line]:
    for session in sessions:
        what = _("looked at your pages: %(reason)s") % {"reason": session.reason}
        yield Line(session.at, "support", _("Our support"), what, time_in_words(session.at))


def _number(value: int) -> str:
    return number_format(value, use_l10n=True, force_grouping=True)

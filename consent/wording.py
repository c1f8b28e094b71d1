"""Sentences that request page, receipt and mail share: periods, ends of access, services. Translated, no
codes.

Days are the utility's local days: the first and the last that a period touches, real dates, months as words.
"""

from collections import Counter
from collections.abc import Collection, Iterable
from datetime import datetime
from typing import TYPE_CHECKING

from django.conf import settings
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, ngettext_lazy, pgettext_lazy

from cdsc_portal.lib.time.dates_in_words import (
    day_in_words,
    last_day,
    moment_in_words,
    short_day_in_words,
)
from consent.parts import Part
from consent.periods import PartPeriod
from consent.resolution import Resolution
from consent.scopes.base import Period, Scope

if TYPE_CHECKING:
    from consent.queries.visible_grants import VisibleGrant

_ZONES = {
    "America/New_York": gettext_lazy("Eastern Time"),
    "America/Chicago": gettext_lazy("Central Time"),
    "America/Denver": gettext_lazy("Mountain Time"),
    "America/Phoenix": gettext_lazy("Arizona Time"),
    "America/Los_Angeles": gettext_lazy("Pacific Time"),
    "America/Anchorage": gettext_lazy("Alaska Time"),
    "Pacific/Honolulu": gettext_lazy("Hawaii Time"),
}
_SERVICES = {
    "electricity": ngettext_lazy("%d electricity service", "%d electricity services"),
    "natural_gas": ngettext_lazy("%d gas service", "%d gas services"),
    "water": ngettext_lazy("%d water service", "%d water services"),
}
_RESOLUTIONS = {
    Resolution.AS_READ: gettext_lazy("As they were read"),
    Resolution.HOURLY: gettext_lazy("Hourly totals"),
    Resolution.DAILY: gettext_lazy("Daily totals"),
    Resolution.MONTHLY: gettext_lazy("Monthly totals"),
}
_COMMODITIES = {
    "electricity": pgettext_lazy("kind of service", "electricity"),
    "natural_gas": pgettext_lazy("kind of service", "gas"),
    "water": pgettext_lazy("kind of service", "water"),
}


def zone_in_words() -> str:
    """`Pacific Time`; for a zone without a common name, its city."""
    name = settings.TIME_ZONE
    city = name.rpartition("/")[2].replace("_", " ")
    return str(_ZONES[name]) if name in _ZONES else _("%(city)s time") % {"city": city}


def period_in_words(scope: Scope, period: PartPeriod, *, at: datetime) -> str:
    """What a part covers, e.g. `Readings from November 24, 2023, and new ones until November 24, 2029
    (Pacific Time).` Said as of `at`, the instant of showing or approving.
    """
    if scope.period is Period.NOW:
        sentence = _("As it is today, one time.")
        if period.lasting:
            sentence = _("As it is each time they look, until %(last)s (%(zone)s).")
        last = last_day(period.access_ends) if period.access_ends else None
        return sentence % {"last": day_in_words(last) if last else "", "zone": zone_in_words()}
    start, end = period.window.start, period.window.end
    if end is None and start is None:
        sentence = _("%(records)s: everything on record when they look.")
    elif end is None:
        sentence = _("%(records)s from %(first)s to the day they look (%(zone)s).")
    elif end <= at and start is None:
        sentence = _("%(records)s: everything on record to %(last)s (%(zone)s). Nothing later.")
    elif end <= at:
        sentence = _("%(records)s from %(first)s to %(last)s (%(zone)s). Nothing later.")
    elif start is None:
        sentence = _("%(records)s: everything on record, and new ones until %(last)s (%(zone)s).")
    elif start > at:
        sentence = _("%(records)s from %(first)s until %(last)s (%(zone)s). Nothing from before.")
    else:
        sentence = _("%(records)s from %(first)s, and new ones until %(last)s (%(zone)s).")
    return sentence % {
        "records": scope.records,
        "zone": zone_in_words(),
        "first": day_in_words(start) if start else "",
        "last": day_in_words(last_day(end)) if end else "",
    }


def resolution_in_words(resolution: Resolution) -> str:
    """`Daily totals`."""
    return str(_RESOLUTIONS[resolution])


def readings_in_words(part: Part) -> str:
    """How fine readings are shared, and whether meters are left out; empty where they are shared as they were read."""
    sentences = []
    if part.resolution:
        words = {"totals": resolution_in_words(part.resolution)}
        sentences.append(_("%(totals)s, nothing finer.") % words)
    if part.meters:
        words = {
            "count": str(len(part.meters)),
            "services": str(len({contract for contract, _meter in part.meters})),
        }
        sentences.append(
            ngettext(
                "Only %(count)s chosen meter of services with several.",
                "Only %(count)s chosen meters of services with several.",
                len(part.meters),
            )
            % words
        )
    return " ".join(sentences)


def access_in_words(period: PartPeriod) -> str:
    """When the company can fetch it, where that differs from the period; else empty."""
    if period.lasting or period.access_ends is None:
        return ""
    words = {"moment": moment_in_words(period.access_ends), "zone": zone_in_words()}
    return _("They can fetch this until %(moment)s (%(zone)s).") % words


def part_in_words(scope: Scope, period: PartPeriod, *, at: datetime) -> str:
    """Both in one text, as of `at`; empty where no end was agreed."""
    if period.access_ends is None:
        return ""
    return f"{period_in_words(scope, period, at=at)} {access_in_words(period)}".strip()


def exact_period_in_words(period: PartPeriod) -> str:
    """The same to the minute, for the details; empty where nothing is bounded."""
    words = {"zone": zone_in_words()}
    if period.window.start is not None:
        words["first"] = moment_in_words(period.window.start)
    if period.window.end is not None:
        words["last"] = moment_in_words(period.window.end)
    if "first" in words and "last" in words:
        return _("From %(first)s to just before %(last)s (%(zone)s).") % words
    if "first" in words:
        return _("From %(first)s on (%(zone)s).") % words
    return _("To just before %(last)s (%(zone)s).") % words if "last" in words else ""


def badge_in_words(period: PartPeriod) -> str:
    """`One time` or `Ongoing until November 24, 2029`."""
    if not period.lasting:
        return _("One time")
    if period.access_ends is None:
        return _("Ongoing, no end date")
    return _("Ongoing until %(last)s") % {"last": day_in_words(last_day(period.access_ends))}


def short_period_in_words(scope: Scope, period: PartPeriod) -> str:
    """What a part covers beside its badge, which says the end: `From Nov 24, 2023` or two days."""
    start, end = period.window.start, period.window.end
    first = short_day_in_words(timezone.localdate(start)) if start else ""
    if scope.period is Period.NOW:
        return _("As it is each time they look") if period.lasting else _("As it is today")
    if end is None or period.lasting:
        return _("From %(first)s") % {"first": first} if start else _("Everything on record")
    last = short_day_in_words(last_day(end))
    return f"{first} – {last}" if start else _("To %(last)s") % {"last": last}


def whole_in_words(
    periods: Collection[PartPeriod], *, kinds: tuple[int, int], services: tuple[int, int]
) -> str:
    """All of it in one line: `2 of 3 kinds of data of 4 services, until November 30, 2027`.

    `kinds` and `services` are how many, and of how many. The day is the last on which any of it can be read.
    """
    data = ngettext("%(count)s kind of data", "%(count)s kinds of data", kinds[1])
    places = ngettext("%(count)s service", "%(count)s services", services[1])
    words = {
        "data": data % {"count": _count_in_words(*kinds)},
        "services": places % {"count": _count_in_words(*services)},
    }
    ends = [period.access_ends for period in periods if period.lasting]
    if not ends:
        return _("%(data)s of %(services)s, one time") % words
    if None in ends:
        return _("%(data)s of %(services)s, with no end date") % words
    words["last"] = day_in_words(max(last_day(end) for end in ends if end is not None))
    return _("%(data)s of %(services)s, until %(last)s") % words


def _count_in_words(count: int, total: int) -> str:
    return str(count) if count == total else _("%(count)s of %(total)s") % {"count": count, "total": total}


def services_in_words(commodities: Iterable[str]) -> str:
    """`2 electricity services, 1 gas service`, one commodity for each service."""
    counted = Counter(commodities)
    return ", ".join(_SERVICES[name] % counted[name] for name in _SERVICES if counted[name])


def commodity_in_words(commodity: str) -> str:
    """`electricity`, `gas` or `water`."""
    return str(_COMMODITIES[commodity])


def service_in_words(*, commodity: str, number: str, name: str = "") -> str:
    """`Electricity 1111111-1`, after the customer's own name for it where it has one."""
    words = f"{capfirst(commodity_in_words(commodity))} {number}"
    return f"{name}, {words}" if name else words


def recorded_in_words(how: str, given_at: datetime) -> str:
    """How a consent came that staff wrote down, e.g. `Recorded by our staff: agreed by phone on ...`."""
    words = {"moment": moment_in_words(given_at), "zone": zone_in_words()}
    if how == "paper":
        return _("Recorded by our staff: agreed on paper on %(moment)s (%(zone)s).") % words
    return _("Recorded by our staff: agreed by phone on %(moment)s (%(zone)s).") % words


def until_in_words(grant: "VisibleGrant") -> str:
    """Until when the company can or could read: a day to come, the moment of the end, or `until you stop it`."""
    if grant.ended_at is not None:
        return moment_in_words(grant.ended_at)
    if not grant.has_services and grant.services_removed_at is not None:
        return moment_in_words(grant.services_removed_at)
    return open_until_in_words(grant.access_ends)


def open_until_in_words(access_ends: datetime | None) -> str:
    """The last day of what is open, or `until you stop it`."""
    return _("until you stop it") if access_ends is None else day_in_words(last_day(access_ends))

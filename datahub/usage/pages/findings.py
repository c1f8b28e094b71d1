"""What a chart of usage shows, as one sentence: how much, and how that stands beside the year before."""

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cdsc_portal.lib.local_days import first_day_from, last_midnight_by
from datahub.usage.pages.measured import Measured
from datahub.usage.pages.measured_time import UsageLife
from datahub.usage.pages.periods import ShownPeriod, next_first, when_in_words, year_ago
from datahub.usage.pages.series import Amount, Series, added
from datahub.usage.sum_periods import By

_WHOLE: dict[str, str | Promise] = {
    "import": gettext_lazy("You used %(amount)s %(when)s"),
    "export": gettext_lazy("You sent back %(amount)s %(when)s"),
}
_SO_FAR: dict[str, str | Promise] = {
    "import": gettext_lazy("You used %(amount)s %(when)s so far"),
    "export": gettext_lazy("You sent back %(amount)s %(when)s so far"),
}


def finding(series: Series, held: Measured, life: UsageLife) -> str:
    """`You used 312 kWh in March 2026, 8% less than in March 2025`, of all that was used or sent back."""
    values = [series.amounts[part].value for part in held.parts if part in series.amounts]
    if not values:
        return _("%(what)s: no data %(when)s") % {"what": series.heading, "when": when_in_words(held.period)}
    total = f"{series.shown(added(values))} {series.unit}"
    going_on = life.goes_on_in(held.period.span)
    words = (_SO_FAR if going_on else _WHOLE).get(series.direction)
    form = words or (
        _("%(what)s: %(amount)s %(when)s so far") if going_on else _("%(what)s: %(amount)s %(when)s")
    )
    said = str(form) % {"what": series.heading, "amount": total, "when": when_in_words(held.period)}
    return _beside(said, series, held, life)


def _beside(said: str, series: Series, held: Measured, life: UsageLife) -> str:
    """With the year before: of the days, or else the parts, that were measured whole in both years.

    A day that a move or the end of what is loaded cuts is not whole, though no reading of its own is missing.
    """
    ago = held.period.year_ago
    if ago is None:
        return said
    if ago.span.end is not None and ago.span.end <= life.moved_in:
        return _("%(finding)s. The year before was before you moved in") % {"finding": said}
    amounts: Mapping[date, Amount] = series.amounts if series.days is None else series.days
    own = [day for day in amounts if _within(day, held.period)]
    pairs = [(day, before) for day in own if (before := year_ago(day)) in amounts and before is not None]
    by = By.DAY if series.days is not None else held.period.by
    first, past = first_day_from(life.moved_in), last_midnight_by(life.loaded_until)
    pairs = [pair for pair in pairs if first <= pair[1] and next_first(pair[0], by) <= past]
    pairs = [pair for pair in pairs if all(amounts[day].known >= amounts[day].due for day in pair)]
    now, then = (added(amounts[day].value for day in days) for days in (_side(pairs, 0), _side(pairs, 1)))
    if not pairs or then <= 0:
        return said
    facts = {"finding": said, "change": _change(now, then), "when": when_in_words(ago)}
    whole = len(pairs) == len(own) == sum(_within(day, ago) for day in amounts)
    if whole or held.period.is_day:
        return _("%(finding)s, %(change)s %(when)s") % facts
    return _("%(finding)s. Of what was measured in both years: %(change)s %(when)s") % facts


def _side(pairs: Iterable[tuple[date, date]], side: int) -> list[date]:
    return [pair[side] for pair in pairs]


def _within(day: date, period: ShownPeriod) -> bool:
    return (period.start is None or period.start <= day) and (period.end is None or day < period.end)


def _change(now: Decimal, then: Decimal) -> str:
    percent = round((now - then) / then * 100)
    if percent == 0:
        return _("as much as")
    if percent < 0:
        return _("%(percent)s%% less than") % {"percent": -percent}
    return _("%(percent)s%% more than") % {"percent": percent}

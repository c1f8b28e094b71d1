"""Until when all of a request is shared, in one answer; each kind of data may have a last day of its own (P-28)."""

from dataclasses import dataclass
from datetime import date, datetime

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cdsc_portal.lib.time.dates_in_words import day_in_words, last_day
from cdsc_portal.lib.time.relative_dates import shifted
from consent.pages.part_fields import FieldError
from consent.parts import Part
from consent.services.offer import Offer

AS_REQUESTED, ONCE, OWN_DAY = "requested", "once", "day"
_MONTHS = {"12": 12, "6": 6, "3": 3, "1": 1}
_ANSWERS: dict[str, Promise] = {
    AS_REQUESTED: gettext_lazy("As asked"),
    "12": gettext_lazy("12 months"),
    "6": gettext_lazy("6 months"),
    "3": gettext_lazy("3 months"),
    "1": gettext_lazy("1 month"),
    ONCE: gettext_lazy("Only once, now"),
    OWN_DAY: gettext_lazy("A day I choose"),
}
ANSWERS = frozenset(_ANSWERS)


@dataclass(frozen=True, slots=True)
class ShareUntil:
    """The customer's answer: one of ANSWERS, and the day as typed, which counts for OWN_DAY."""

    answer: str = AS_REQUESTED
    day: str = ""


@dataclass(frozen=True, slots=True)
class UntilField:
    """The control; `answers` are value, label and whether it is selected, none later than what was requested."""

    answers: tuple[tuple[str, str, bool], ...]
    day: str
    hint: str
    min: str
    max: str
    error: str


def until_field(offer: Offer, until: ShareUntil, *, error: str) -> UntilField | None:
    """The control of `offer`; None where nothing of it can be shortened."""
    if not _movable(offer):
        return None
    latest = _latest_day(offer)
    answers = [AS_REQUESTED]
    answers += [name for name in _MONTHS if latest is None or _day_after_months(name, offer.at) < latest]
    answers += [ONCE] if any(part.period.lasting for part in _movable(offer)) else []
    answers.append(OWN_DAY)
    return UntilField(
        answers=tuple((name, str(_ANSWERS[name]), name == until.answer) for name in answers),
        day=until.day,
        hint=_("%(day)s or earlier") % {"day": day_in_words(latest)} if latest else _("Any day"),
        min=timezone.localdate(offer.at).isoformat(),
        max=latest.isoformat() if latest else "",
        error=error,
    )


def until_errors(offer: Offer, until: ShareUntil) -> list[FieldError]:
    """What is wrong with a day of the customer's own: missing, past, or later than what was requested."""
    if until.answer != OWN_DAY or not _movable(offer):
        return []
    day, latest, today = _last_day(until, offer.at), _latest_day(offer), timezone.localdate(offer.at)
    if day is None:
        return [FieldError("until-day", _("“Share until”: enter a date, for example 2027-03-31."))]
    if day < today:
        return [FieldError("until-day", _("“Share until”: choose today or a later day."))]
    if latest is not None and day > latest:
        message = _("“Share until”: they did not ask for days after %(day)s.")
        return [FieldError("until-day", message % {"day": day_in_words(latest)})]
    return []


def until_of_part(part: Part, offer: Offer, until: ShareUntil) -> tuple[date | None, bool]:
    """The last day that `until` gives `part`, None where it ends sooner anyway; and whether it is shared once."""
    if part.locked or not part.can_be_shared:
        return None, False
    if until.answer == ONCE:
        return None, part.period.lasting
    day, ends = _last_day(until, offer.at), part.period.access_ends
    last_of_data = part.period.days(part.scope.period)[1]
    lasts = [last for last in (last_of_data, last_day(ends) if ends else None) if last is not None]
    return (None, False) if day is None or any(day >= last for last in lasts) else (day, False)


def _movable(offer: Offer) -> list[Part]:
    return [part for part in offer.parts if part.can_be_shared and not part.locked]


def _latest_day(offer: Offer) -> date | None:
    """The last day on which any of it can be read as requested; None: no end was named."""
    ends = [part.period.access_ends for part in _movable(offer)]
    return None if None in ends else max(last_day(end) for end in ends if end is not None)


def _last_day(until: ShareUntil, at: datetime) -> date | None:
    if until.answer in _MONTHS:
        return _day_after_months(until.answer, at)
    try:
        return date.fromisoformat(until.day) if until.answer == OWN_DAY else None
    except ValueError:
        return None


def _day_after_months(answer: str, at: datetime) -> date:
    return timezone.localdate(shifted(at, _MONTHS[answer], "mo", timezone.get_default_timezone()))

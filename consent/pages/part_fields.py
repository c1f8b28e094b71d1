"""One kind of data in a form, with the dates that the customer may narrow: for the request and for the change page."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _

from cdsc_portal.lib.time.dates_in_words import day_in_words
from consent.parts import Part
from consent.resolution import Resolution
from consent.scopes.base import Period
from consent.wording import resolution_in_words

Bounds = Mapping[str, date | None]
"""The date fields of a part by name, each with the day that holds; None: open on that side."""


@dataclass(frozen=True, slots=True)
class FieldError:
    """A message and the id of the element it is about."""

    field: str
    message: str


@dataclass(frozen=True, slots=True)
class DateField:
    """One date field; `min` and `max` are the days that hold, which the customer can only narrow."""

    name: str
    label: str
    hint: str
    value: str
    min: str
    max: str
    error: str
    is_moved: bool


@dataclass(frozen=True, slots=True)
class ResolutionField:
    """How fine readings are shared; `answers` are value, label and whether it is selected, none finer than what holds.

    `hint` says what the company can use at most.
    """

    name: str
    answers: tuple[tuple[str, str, bool], ...]
    hint: str


@dataclass(frozen=True, slots=True)
class PartField:
    """One kind of data with its tick and dates. Sentences are in the reader's language.

    `exact` has the period to the minute. `note` says what is withheld, `problem` why the part cannot be shared at all.
    """

    part: Part
    ticked: bool
    period: str
    dates: tuple[DateField, ...]
    error: str
    badge: str = ""
    short_period: str = ""
    exact: str = ""
    note: str = ""
    problem: str = ""
    is_over: bool = False
    resolution: ResolutionField | None = None

    @property
    def is_moved(self) -> bool:
        """Whether a date differs from the one that holds, or is wrong."""
        return any(date.is_moved for date in self.dates)


def resolution_field(part: Part, chosen: Resolution) -> ResolutionField | None:
    """The control of `part`; None where it has no readings, or they come as requested or not at all."""
    if not part.scope.has_resolution or part.locked:
        return None
    hint = ""
    if part.coarsest_resolution:
        words = {"totals": resolution_in_words(part.coarsest_resolution)}
        hint = _("The company says it can use these at most: %(totals)s.") % words
    return ResolutionField(
        name=f"resolution-{part.scope.id}",
        answers=tuple(
            (resolution.value, resolution_in_words(resolution), resolution is chosen)
            for resolution in Resolution
            if resolution.reaches(part.resolution)
        ),
        hint=hint,
    )


def posted_resolution(part: Part, text: str) -> Resolution | None:
    """The answer posted for `part`; None where it was not offered, as in a forged form."""
    try:
        resolution = Resolution(text or part.resolution)
    except ValueError:
        return None
    return resolution if resolution.reaches(part.resolution) else None


def date_bounds(part: Part, *, start: bool) -> Bounds:
    """The date fields of `part`; `start`: whether its first day can be moved.

    The last one can, but where there is none: what is as it is now, one time.
    """
    first, last = part.period.days(part.scope.period)
    bounds = {f"start-{part.scope.id}": first} if start else {}
    if last is None and part.scope.period is Period.NOW and part.period.access_ends is not None:
        return bounds
    return {**bounds, f"end-{part.scope.id}": last}


def date_fields(
    bounds: Bounds, typed: Mapping[str, str], messages: Mapping[str, str]
) -> tuple[DateField, ...]:
    """The fields of one part with what was typed; `messages` are errors by field name."""
    days = {name.partition("-")[0]: day for name, day in bounds.items()}
    first, last = days.get("start"), days.get("end")
    fields = []
    for name, day in bounds.items():
        if name.startswith("start-"):
            label = _("First day")
            hint = _("%(day)s or later") % {"day": day_in_words(day)} if day else _("Any day")
        else:
            label = _("Last day")
            hint = _("%(day)s or earlier") % {"day": day_in_words(day)} if day else _("Any day")
        error = messages.get(name, "")
        fields.append(
            DateField(
                name=name,
                label=label,
                hint=hint,
                value=typed[name],
                min=first.isoformat() if first else "",
                max=last.isoformat() if last else "",
                error=error,
                is_moved=bool(error) or typed[name] not in ("", day.isoformat() if day else ""),
            )
        )
    return tuple(fields)


def moved_days(bounds: Bounds, typed: Mapping[str, str]) -> tuple[date | None, date | None]:
    """The customer's own first and last day; None where it is missing, unreadable or the one that holds."""
    own: dict[str, date | None] = {}
    for name, bound in bounds.items():
        day = _day(typed.get(name, ""))
        own[name.partition("-")[0]] = None if day == bound else day
    return own.get("start"), own.get("end")


def moved_days_in_words(bounds: Bounds, typed: Mapping[str, str]) -> str:
    """`You changed the first day to March 3, 2026.`; empty where no day was moved."""
    start, end = moved_days(bounds, typed)
    sentences = []
    if start:
        sentences.append(_("You changed the first day to %(day)s.") % {"day": day_in_words(start)})
    if end:
        sentences.append(_("You changed the last day to %(day)s.") % {"day": day_in_words(end)})
    return " ".join(sentences)


def date_errors(
    part: Part, bounds: Bounds, typed: Mapping[str, str], *, too_early: str, too_late: str
) -> list[FieldError]:
    """What is wrong with the dates of `part`. `too_early` and `too_late` say it of a day outside the bounds, with
    %(title)s and %(day)s.
    """
    first, last = bounds.get(f"start-{part.scope.id}"), bounds.get(f"end-{part.scope.id}")
    title, errors, days = {"title": part.scope.title}, [], {}
    for name in bounds:
        if not typed[name]:
            continue
        day = days[name.partition("-")[0]] = _day(typed[name])
        if day is None:
            errors.append(FieldError(name, _("“%(title)s”: enter a date, for example 2026-03-31.") % title))
        elif first and day < first:
            errors.append(FieldError(name, too_early % {**title, "day": day_in_words(first)}))
        elif last and day > last:
            errors.append(FieldError(name, too_late % {**title, "day": day_in_words(last)}))
    start, end = days.get("start"), days.get("end")
    if not errors and start and end and start > end:
        message = _("“%(title)s”: the last day must not be before the first.") % title
        errors.append(FieldError(f"end-{part.scope.id}", message))
    return errors


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None

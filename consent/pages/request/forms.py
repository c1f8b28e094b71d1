"""The form of the request page: parse what a browser posts against the offer, validate it, build the decision.

Posted scopes, services and dates count only where the offer has them. `foreign` records that a form named others, so
that the view refuses the decision and does not trim it silently.
"""

from collections.abc import Container, Mapping
from dataclasses import dataclass, field
from datetime import date

from django.http import QueryDict
from django.utils.translation import gettext as _

from cdsc_portal.lib.time.dates_in_words import day_in_words
from consent.services.decision import DecidedPart, Decision
from consent.services.offer import Card, Choice, Offer


@dataclass(frozen=True, slots=True)
class Choices:
    """The state of the form. `contracts` are public ids by list, dates are texts by field name, as typed.

    `numbers` are texts by list; `unread` are lists where numbers or a file wait to be ticked.
    """

    shared: frozenset[str]
    contracts: Mapping[str, frozenset[str]]
    future: frozenset[str]
    dates: Mapping[str, str]
    searches: Mapping[str, str] = field(default_factory=dict)
    only_ticked: frozenset[str] = frozenset()
    by_region: frozenset[str] = frozenset()
    numbers: Mapping[str, str] = field(default_factory=dict)
    unread: frozenset[str] = frozenset()
    foreign: bool = False


@dataclass(frozen=True, slots=True)
class FieldError:
    """A message and the id of the element it is about."""

    field: str
    message: str


def initial_choices(offer: Offer, *, unticked: bool = False) -> Choices:
    """The form as it starts: everything that was requested is ticked (F-68).

    `unticked`: no optional box is ticked, where the law forbids that (F-03).
    """
    return Choices(
        shared=_required(offer)
        | frozenset(card.scope.id for card in offer.cards if not (unticked or card.problem)),
        contracts={
            group.key: frozenset(
                choice.public_id for choice in group.shareable if choice.preselected and not unticked
            )
            for group in offer.groups
        },
        future=frozenset(),
        dates={
            name: day.isoformat() if day else ""
            for card in offer.cards
            for name, day in date_bounds(card).items()
        },
    )


def posted_choices(offer: Offer, data: QueryDict, files: Container[str] = ()) -> Choices:
    """Parse a posted form, also an erroneous or forged one; `files` are the names of its uploads."""
    numbers = {group.key: data.get(f"numbers-{group.key}", "").strip() for group in offer.groups}
    contracts = {group.key: frozenset(data.getlist(f"contract-{group.key}")) for group in offer.groups}
    known = {group.key: {choice.public_id for choice in group.shareable} for group in offer.groups}
    return Choices(
        shared=_required(offer)
        | frozenset(card.scope.id for card in offer.cards if f"share-{card.scope.id}" in data),
        contracts={key: posted & known[key] for key, posted in contracts.items()},
        future=frozenset(
            group.key for group in offer.groups if group.future_offered and f"future-{group.key}" in data
        ),
        dates={name: data.get(name, "").strip() for card in offer.cards for name in date_bounds(card)},
        searches={group.key: data.get(f"search-{group.key}", "") for group in offer.groups},
        only_ticked=frozenset(group.key for group in offer.groups if f"only-{group.key}" in data),
        by_region=frozenset(group.key for group in offer.groups if data.get(f"by-{group.key}") == "region"),
        numbers=numbers,
        unread=frozenset(key for key, typed in numbers.items() if typed or f"file-{key}" in files),
        foreign=_has_foreign_names(offer, data, contracts, known),
    )


def _required(offer: Offer) -> frozenset[str]:
    """Scopes that can be shared only with the whole request, so that they have no tick (F-67)."""
    return frozenset(card.scope.id for card in offer.cards if card.is_required)


def date_bounds(card: Card) -> dict[str, date | None]:
    """The date fields of a card by name, each with the requested day (None: open on that side)."""
    names: dict[str, date | None] = {}
    if card.locked:
        return names
    if card.period.window.start is not None or card.period.window.end is not None:
        names[f"start-{card.scope.id}"] = card.first_day
    if card.last_day is not None:
        names[f"end-{card.scope.id}"] = card.last_day
    return names


def validate_choices(choices: Choices, offer: Offer) -> tuple[FieldError, ...]:
    """The errors that prevent a decision to share, in page order (F-80)."""
    if not choices.shared:
        first = offer.cards[0].scope.id
        message = _("Tick at least one kind of data, or choose “Do not share”.")
        return (FieldError(f"share-{first}", message),)
    message = _(
        "You entered numbers, but did not tick them yet: choose “Tick only these”, or empty the field."
    )
    errors = [FieldError(f"numbers-{key}", message) for key in sorted(choices.unread)]
    for card in offer.cards:
        if card.scope.id in choices.shared:
            errors += _card_errors(card, choices, offer)
    return tuple(dict.fromkeys(errors))


def build_decision(choices: Choices, offer: Offer) -> Decision:
    """The decision of a form without errors."""
    shared = (card for card in offer.cards if card.scope.id in choices.shared)
    return Decision(parts=tuple(decided_part(card, choices, offer) for card in shared))


def decided_part(card: Card, choices: Choices, offer: Offer) -> DecidedPart:
    """The decision on one card. A day is None where it is missing, unreadable or the requested one."""
    requested = date_bounds(card)
    days: dict[str, date | None] = {}
    for side in ("start", "end"):
        name = f"{side}-{card.scope.id}"
        day = _parse_day(choices.dates.get(name, ""))
        days[side] = None if day == requested.get(name) else day
    return DecidedPart(
        scope=card.scope.id,
        contracts=frozenset(choice.pk for choice in selected_choices(card, choices, offer)),
        include_future=card.future_offered and card.group in choices.future,
        start=days["start"],
        end=days["end"],
    )


def selected_choices(card: Card, choices: Choices, offer: Offer) -> tuple[Choice, ...]:
    """The ticked services that this card can cover."""
    ticked = choices.contracts[card.group]
    return tuple(
        choice
        for choice in offer.group_of(card).choices
        if choice.public_id in ticked and choice.pk in card.contracts
    )


def date_error(card: Card, choices: Choices, side: str) -> FieldError | None:
    """The error of a date that cannot be read or lies outside the requested period."""
    name = f"{side}-{card.scope.id}"
    requested = date_bounds(card)
    if name not in requested or not choices.dates[name]:
        return None
    day, words = _parse_day(choices.dates[name]), {"title": card.title}
    if day is None:
        return FieldError(name, _("“%(title)s”: enter a date, for example 2026-03-31.") % words)
    limit_start, limit_end = requested.get(f"start-{card.scope.id}"), requested.get(f"end-{card.scope.id}")
    if limit_start and day < limit_start:
        words["day"] = day_in_words(limit_start)
        return FieldError(name, _("“%(title)s”: they did not ask for days before %(day)s.") % words)
    if limit_end and day > limit_end:
        words["day"] = day_in_words(limit_end)
        return FieldError(name, _("“%(title)s”: they did not ask for days after %(day)s.") % words)
    return None


def _has_foreign_names(
    offer: Offer,
    data: QueryDict,
    contracts: Mapping[str, frozenset[str]],
    known: Mapping[str, set[str]],
) -> bool:
    if any(posted - known[key] for key, posted in contracts.items()):
        return True
    shares = {f"share-{card.scope.id}" for card in offer.cards}
    lists = {f"contract-{group.key}" for group in offer.groups}
    futures = {f"future-{group.key}" for group in offer.groups if group.future_offered}
    dates = {name for card in offer.cards for name in date_bounds(card)}
    offered = shares | lists | futures | dates
    prefixes = ("share-", "contract-", "future-", "start-", "end-")
    return any(name not in offered for name in data if name.startswith(prefixes))


def _card_errors(card: Card, choices: Choices, offer: Offer) -> list[FieldError]:
    name = card.scope.id
    if card.problem:
        message = _("“%(title)s” cannot be shared: untick it. %(problem)s")
        return [FieldError(f"share-{name}", message % {"title": card.title, "problem": card.problem})]
    errors = [error for side in ("start", "end") if (error := date_error(card, choices, side))]
    start, end = (_parse_day(choices.dates.get(f"{side}-{name}", "")) for side in ("start", "end"))
    if not errors and start and end and start > end:
        message = _("“%(title)s”: the last day must not be before the first.") % {"title": card.title}
        errors.append(FieldError(f"end-{name}", message))
    includes_future = card.future_offered and card.group in choices.future
    if not selected_choices(card, choices, offer) and not includes_future:
        message = _("Tick at least one service, or choose “Do not share”.")
        if choices.contracts[card.group]:
            message = _(
                "None of the services you ticked has anything for “%(title)s”. Tick another, or untick this data."
            ) % {"title": card.title}
        errors.append(FieldError(f"services-{card.group}", message))
    return errors


def _parse_day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None

"""What a browser sends back from the request page, read against the offer it was shown.

Nothing posted is trusted to name anything: scopes, services and dates only count where the offer has them. What
reaches beyond the offer is kept as `foreign`, so that the decision can be refused rather than silently trimmed.
"""

from collections.abc import Container, Mapping
from dataclasses import dataclass, field
from datetime import date

from django.http import QueryDict
from django.utils.translation import gettext as _

from cdsc_portal.lib.dates_in_words import day_in_words
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
    """Exactly what was asked: the state in which the form starts (F-68).

    `unticked`: with nothing ticked that a customer can untick, where the law forbids boxes ticked beforehand (F-03).
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
    """What the browser sent; `files` are names of its uploads. Works on any form, also an erroneous or forged one."""
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
        foreign=_names_what_is_not_offered(offer, data, contracts, known),
    )


def _required(offer: Offer) -> frozenset[str]:
    """What comes with the request or not at all: no tick of its own (F-67)."""
    return frozenset(card.scope.id for card in offer.cards if card.is_required)


def date_bounds(card: Card) -> dict[str, date | None]:
    """The date fields of a card by name, each with the day that was asked for (None = open on that side)."""
    names: dict[str, date | None] = {}
    if card.locked:
        return names
    if card.period.window.start is not None or card.period.window.end is not None:
        names[f"start-{card.scope.id}"] = card.first_day
    if card.last_day is not None:
        names[f"end-{card.scope.id}"] = card.last_day
    return names


def validate_choices(choices: Choices, offer: Offer) -> tuple[FieldError, ...]:
    """Everything that keeps the form from being a decision to share, in page order (F-80)."""
    if not choices.shared:
        first = offer.cards[0].scope.id
        message = _("Tick at least one kind of data, or choose “Do not share”.")
        return (FieldError(f"share-{first}", message),)
    found = [FieldError(f"numbers-{key}", _unread_words()) for key in sorted(choices.unread)]
    for card in offer.cards:
        if card.scope.id in choices.shared:
            found += _errors_of_card(card, choices, offer)
    return tuple(dict.fromkeys(found))


def build_decision(choices: Choices, offer: Offer) -> Decision:
    """The decision that choices without errors say."""
    shared = (card for card in offer.cards if card.scope.id in choices.shared)
    return Decision(parts=tuple(decided_part(card, choices, offer) for card in shared))


def decided_part(card: Card, choices: Choices, offer: Offer) -> DecidedPart:
    """What the choices say of one card, days without a meaning left out."""
    start, end = (_narrowed(card, choices, side) for side in ("start", "end"))
    return DecidedPart(
        scope=card.scope.id,
        contracts=frozenset(choice.pk for choice in selected_choices(card, choices, offer)),
        include_future=card.future_offered and card.group in choices.future,
        start=start,
        end=end,
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
    """A date that is no date, or that reaches beyond what was asked."""
    name = f"{side}-{card.scope.id}"
    asked = date_bounds(card)
    if name not in asked or not choices.dates[name]:
        return None
    day, words = _day(choices.dates[name]), {"title": card.title}
    if day is None:
        return FieldError(name, _("“%(title)s”: enter a date, for example 2026-03-31.") % words)
    limit_start, limit_end = asked.get(f"start-{card.scope.id}"), asked.get(f"end-{card.scope.id}")
    if limit_start and day < limit_start:
        words["day"] = day_in_words(limit_start)
        return FieldError(name, _("“%(title)s”: they did not ask for days before %(day)s.") % words)
    if limit_end and day > limit_end:
        words["day"] = day_in_words(limit_end)
        return FieldError(name, _("“%(title)s”: they did not ask for days after %(day)s.") % words)
    return None


def _names_what_is_not_offered(
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


def _unread_words() -> str:
    return _("You entered numbers, but did not tick them yet: choose “Tick only these”, or empty the field.")


def _errors_of_card(card: Card, choices: Choices, offer: Offer) -> list[FieldError]:
    name = card.scope.id
    if card.problem:
        message = _("“%(title)s” cannot be shared: untick it. %(problem)s")
        return [FieldError(f"share-{name}", message % {"title": card.title, "problem": card.problem})]
    found = [error for side in ("start", "end") if (error := date_error(card, choices, side))]
    start, end = (_day(choices.dates.get(f"{side}-{name}", "")) for side in ("start", "end"))
    if not found and start and end and start > end:
        message = _("“%(title)s”: the last day must not be before the first.") % {"title": card.title}
        found.append(FieldError(f"end-{name}", message))
    included_later = card.future_offered and card.group in choices.future
    if not selected_choices(card, choices, offer) and not included_later:
        found.append(_nothing_chosen(card, choices))
    return found


def _nothing_chosen(card: Card, choices: Choices) -> FieldError:
    field_id = f"services-{card.group}"
    if not choices.contracts[card.group]:
        return FieldError(field_id, _("Tick at least one service, or choose “Do not share”."))
    message = _(
        "None of the services you ticked has anything for “%(title)s”. Tick another, or untick this data."
    )
    return FieldError(field_id, message % {"title": card.title})


def _narrowed(card: Card, choices: Choices, side: str) -> date | None:
    """The customer's own day; None where it is the one that was asked for, or none was given."""
    name = f"{side}-{card.scope.id}"
    day = _day(choices.dates.get(name, ""))
    return None if day == date_bounds(card).get(name) else day


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None

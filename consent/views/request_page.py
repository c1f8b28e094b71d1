"""The request page's content: the offer in the state of the form, ready to print."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby

from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cdsc_portal.lib.dates_in_words import day_in_words
from consent.forms import Choices, FieldError, bounds, chosen, date_error, in_sight, search_words
from consent.services.offer import Card, Choice, Group, Offer
from consent.wording import services_in_words

LONG_LIST = 10  # entries; from the next one on a list can be searched (F-125 to F-128)


@dataclass(frozen=True, slots=True)
class DateView:
    """One date field; `min` and `max` are what was asked for, which the customer can only narrow."""

    name: str
    label: str
    hint: str
    value: str
    asked: str
    min: str
    max: str
    error: str


@dataclass(frozen=True, slots=True)
class CardView:
    """One kind of data."""

    scope: str
    title: str
    sentence: str
    hint: str
    badge: str
    includes: tuple[tuple[str, str], ...]
    excludes: str
    period: str
    access: str
    exact: str
    note: str
    problem: str
    ticked: bool
    error: str
    dates: tuple[DateView, ...]
    is_shortened: bool


@dataclass(frozen=True, slots=True)
class ChoiceView:
    """One service in a list; `words` is what the search looks in."""

    value: str
    label: str
    detail: str
    ended: str
    words: str
    can_share: bool
    ticked: bool
    is_hidden: bool


@dataclass(frozen=True, slots=True)
class AccountView:
    """The services of one billing account."""

    number: str
    name: str
    choices: tuple[ChoiceView, ...]
    is_hidden: bool


@dataclass(frozen=True, slots=True)
class GroupView:
    """Cards that share one list of services, and the list."""

    id: str
    cards: tuple[CardView, ...]
    accounts: tuple[AccountView, ...]
    applies_to: str
    error: str
    count: str
    size: int
    is_long: bool
    search: str
    only_ticked: bool
    future: str
    future_ticked: bool


@dataclass(frozen=True, slots=True)
class SummaryRow:
    """One ticked card in the check of the answers."""

    scope: str
    title: str
    period: str
    services: str


@dataclass(frozen=True, slots=True)
class RequestPage:
    """Everything the template prints."""

    company: str
    company_link: str
    terms_uri: str
    policy_uri: str
    purpose: str
    reference: str
    digest: str
    may_decide: bool
    deciders: str
    is_delegate: bool
    groups: tuple[GroupView, ...]
    summary: tuple[SummaryRow, ...]
    left_out: tuple[str, ...]
    errors: tuple[FieldError, ...]
    changes: tuple[str, ...]
    note: str


def request_page(
    offer: Offer,
    choices: Choices,
    *,
    errors: Sequence[FieldError] = (),
    changes: Sequence[str] = (),
    note: str = "",
    deciders: str = "",
) -> RequestPage:
    """The page for `offer` with `choices` ticked. `changes` and `note` say why it is shown again."""
    messages = {error.field: error.message for error in errors}
    return RequestPage(
        company=offer.client_name,
        company_link=offer.client_uri,
        terms_uri=offer.terms_uri,
        policy_uri=offer.policy_uri,
        purpose=offer.purpose,
        reference=offer.reference,
        digest=offer.digest,
        may_decide=offer.may_decide,
        deciders=deciders,
        is_delegate=offer.delegate,
        groups=tuple(_group(group, offer, choices, messages) for group in offer.groups),
        summary=summary_rows(offer, choices),
        left_out=tuple(card.title for card in offer.cards if card.scope.id not in choices.shared),
        errors=tuple(errors),
        changes=tuple(changes),
        note=note,
    )


def summary_rows(offer: Offer, choices: Choices) -> tuple[SummaryRow, ...]:
    """What would be shared as the form stands."""
    return tuple(
        SummaryRow(
            scope=card.scope.id,
            title=card.title,
            period=_period(card, choices),
            services=_services(card, offer, choices),
        )
        for card in offer.cards
        if card.scope.id in choices.shared
    )


def _period(card: Card, choices: Choices) -> str:
    """The asked period, and the customer's own days where they differ."""
    narrowed = []
    for name, asked in bounds(card).items():
        typed = choices.dates[name]
        if typed and typed != _iso(asked) and date_error(card, choices, name.partition("-")[0]) is None:
            narrowed.append(_own_day(name, typed))
    return " ".join([card.period_sentence, *narrowed])


def _own_day(name: str, typed: str) -> str:
    day = {"day": day_in_words(date.fromisoformat(typed))}
    if name.startswith("start-"):
        return _("You changed the first day to %(day)s.") % day
    return _("You changed the last day to %(day)s.") % day


def _services(card: Card, offer: Offer, choices: Choices) -> str:
    ticked = chosen(card, choices, offer)
    if len(ticked) > LONG_LIST:
        words = services_in_words(choice.commodity for choice in ticked)
    else:
        words = ", ".join(_kind_and_number(choice) for choice in ticked)
    later = _("Services you add later") if card.future_offered and card.group in choices.future else ""
    return ", ".join(part for part in (words, later) if part) or _("No service ticked yet.")


def _group(group: Group, offer: Offer, choices: Choices, messages: dict[str, str]) -> GroupView:
    ticked = choices.contracts[group.key]
    shown = {choice.public_id for choice in in_sight(group, choices)}
    cards = [card for card in offer.cards if card.group == group.key]
    titles = [card.title for card in cards]
    return GroupView(
        id=group.key,
        cards=tuple(_card(card, choices, messages) for card in cards),
        accounts=_accounts(group, ticked, shown),
        applies_to=_("For: %(titles)s.") % {"titles": "; ".join(titles)} if len(offer.groups) > 1 else "",
        error=messages.get(f"services-{group.key}", ""),
        count=_count(len(ticked), len(group.shareable)),
        size=len(group.shareable),
        is_long=len(group.choices) > LONG_LIST,
        search=choices.searches.get(group.key, ""),
        only_ticked=group.key in choices.only_ticked,
        future=_future(cards) if group.future_offered else "",
        future_ticked=group.key in choices.future,
    )


def _count(ticked: int, size: int) -> str:
    words = {"count": ticked, "total": size}
    return ngettext("%(count)s of %(total)s ticked", "%(count)s of %(total)s ticked", ticked) % words


def _future(cards: Sequence[Card]) -> str:
    last = max(card.period.access_ends for card in cards if card.future_offered)
    return _("Services I add to these accounts later, until %(day)s") % {"day": day_in_words(last)}


def _card(card: Card, choices: Choices, messages: dict[str, str]) -> CardView:
    dates = tuple(_date(card, name, choices, messages) for name in bounds(card))
    return CardView(
        scope=card.scope.id,
        title=card.title,
        sentence=card.sentence,
        hint=card.hint,
        badge=card.badge,
        includes=card.includes,
        excludes=card.excludes,
        period=card.period_sentence,
        access=card.access_sentence,
        exact=card.exact_period,
        note=card.withheld_note,
        problem=card.problem,
        ticked=card.scope.id in choices.shared,
        error=messages.get(f"share-{card.scope.id}", ""),
        dates=dates,
        is_shortened=any(date.error or date.value != date.asked for date in dates),
    )


def _date(card: Card, name: str, choices: Choices, messages: dict[str, str]) -> DateView:
    asked = bounds(card)
    first, last = asked.get(f"start-{card.scope.id}"), asked.get(f"end-{card.scope.id}")
    if name.startswith("start-"):
        label = _("First day")
        hint = _("%(day)s or later") % {"day": day_in_words(first)} if first else _("Any day")
    else:
        label = _("Last day")
        hint = _("%(day)s or earlier") % {"day": day_in_words(last)} if last else _("Any day")
    return DateView(
        name=name,
        label=label,
        hint=hint,
        value=choices.dates[name],
        asked=_iso(asked[name]),
        min=_iso(first),
        max=_iso(last),
        error=messages.get(name, ""),
    )


def _iso(day: date | None) -> str:
    return day.isoformat() if day else ""


def _accounts(group: Group, ticked: frozenset[str], shown: set[str]) -> tuple[AccountView, ...]:
    accounts = []
    for _pk, choices in groupby(group.choices, key=lambda choice: choice.account_pk):
        held = tuple(choices)
        views = tuple(_choice(choice, ticked, shown) for choice in held)
        accounts.append(
            AccountView(
                number=held[0].account_number,
                name=held[0].account_name,
                choices=views,
                is_hidden=all(view.is_hidden for view in views),
            )
        )
    return tuple(accounts)


def _choice(choice: Choice, ticked: frozenset[str], shown: set[str]) -> ChoiceView:
    return ChoiceView(
        value=choice.public_id,
        label=_label(choice),
        detail=_detail(choice),
        ended=_("Ended") if choice.has_ended else "",
        words=search_words(choice),
        can_share=choice.can_be_shared,
        ticked=choice.public_id in ticked,
        is_hidden=choice.public_id not in shown,
    )


def _label(choice: Choice) -> str:
    return f"{choice.name}, {_kind_and_number(choice)}" if choice.name else _kind_and_number(choice)


def _kind_and_number(choice: Choice) -> str:
    return f"{capfirst(choice.commodity_words)} {choice.number}"


def _detail(choice: Choice) -> str:
    if not choice.can_be_shared:
        nothing = _("Nothing to share here.")
    elif choice.nothing_for:
        nothing = _("Has nothing for: %(titles)s.") % {"titles": "; ".join(choice.nothing_for)}
    else:
        nothing = ""
    return " ".join(part for part in (f"{choice.address}." if choice.address else "", nothing) if part)

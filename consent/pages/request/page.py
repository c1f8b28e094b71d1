"""The page model of the request page: the offer in the state of the form."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import User
from accounts.queries.roles import shares_from
from cdsc_portal.lib.time.dates_in_words import day_in_words, moment_in_words
from consent.models import ConsentRequest
from consent.pages.request.forms import (
    Choices,
    FieldError,
    date_bounds,
    date_error,
    decided_part,
    selected_choices,
)
from consent.pages.request.lists import SectionView, kind_and_number, list_sections
from consent.queries.deciders import deciders_for
from consent.services.decision import DecisionRefused, narrow_part
from consent.services.offer import LONG_LIST, Card, Choice, Group, Offer
from consent.wording import access_in_words, period_in_words, services_in_words


@dataclass(frozen=True, slots=True)
class DateView:
    """One date field; `min` and `max` are the requested days, which the customer can only narrow."""

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
    is_required: bool
    error: str
    dates: tuple[DateView, ...]
    is_shortened: bool


@dataclass(frozen=True, slots=True)
class GroupView:
    """Cards that share one list of services, and the list."""

    id: str
    cards: tuple[CardView, ...]
    sections: tuple[SectionView, ...]
    applies_to: str
    error: str
    count: str
    size: int
    is_long: bool
    search: str
    only_ticked: bool
    has_regions: bool
    by_region: bool
    numbers: str
    numbers_error: str
    file_error: str
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
class LeftOut:
    """A card that is not ticked."""

    scope: str
    title: str


@dataclass(frozen=True, slots=True)
class Deciders:
    """Owners' names for who may not decide or acts for them; since when they have the request, and until when.

    `from_when`: a new login may decide by itself then; empty for who only looks.
    """

    names: str
    handed_over: str
    until: str
    from_when: str


@dataclass(frozen=True, slots=True)
class RequestPage:
    """Everything the template prints."""

    company: str
    company_link: str
    company_unchecked: str
    is_checked: bool
    terms_uri: str
    policy_uri: str
    purpose: str
    reference: str
    digest: str
    may_decide: bool
    deciders: Deciders | None
    is_delegate: bool
    is_locked: bool
    has_uploads: bool
    asked_by: str
    groups: tuple[GroupView, ...]
    summary: tuple[SummaryRow, ...]
    left_out: tuple[LeftOut, ...]
    services_left_out: str
    errors: tuple[FieldError, ...]
    changes: tuple[str, ...]
    note: str


def request_page(
    offer: Offer,
    choices: Choices,
    *,
    at: datetime,
    errors: Sequence[FieldError] = (),
    changes: Sequence[str] = (),
    note: str = "",
    deciders: Deciders | None = None,
) -> RequestPage:
    """The page at `at` for `offer` with `choices` ticked. `changes` and `note` say why it is shown again."""
    messages = {error.field: error.message for error in errors}
    return RequestPage(
        company=offer.client_name,
        company_link=offer.client_uri,
        company_unchecked=offer.unchecked_uri,
        is_checked=offer.is_checked,
        terms_uri=offer.terms_uri,
        policy_uri=offer.policy_uri,
        purpose=offer.purpose,
        reference=offer.reference,
        digest=offer.digest,
        may_decide=offer.may_decide,
        deciders=deciders,
        is_delegate=offer.delegate,
        is_locked=any(card.locked for card in offer.cards),
        has_uploads=any(len(group.choices) > LONG_LIST for group in offer.groups),
        asked_by=offer.asked_by,
        groups=tuple(_group_view(group, offer, choices, messages) for group in offer.groups),
        summary=summary_rows(offer, choices, at=at),
        left_out=tuple(
            LeftOut(card.scope.id, card.title) for card in offer.cards if card.scope.id not in choices.shared
        ),
        services_left_out=_services_left_out(offer, choices),
        errors=tuple(errors),
        changes=tuple(changes),
        note=note,
    )


def deciders_of(request: ConsentRequest, *, viewer: User, at: datetime) -> Deciders:
    """Who can decide `request`, which `viewer` reads. Three queries."""
    may_share_from = shares_from(user=viewer, at=at)
    return Deciders(
        names=", ".join(str(owner) for owner in deciders_for(viewer, at=at)),
        handed_over=moment_in_words(request.handed_over) if request.handed_over else "",
        until=moment_in_words(request.expires) if request.handed_over else "",
        from_when=moment_in_words(may_share_from) if may_share_from else "",
    )


def summary_rows(offer: Offer, choices: Choices, *, at: datetime) -> tuple[SummaryRow, ...]:
    """What would be shared as the form stands at `at`."""
    return tuple(
        SummaryRow(
            scope=card.scope.id,
            title=card.title,
            period=_period(card, choices, offer, at),
            services=_services(card, offer, choices),
        )
        for card in offer.cards
        if card.scope.id in choices.shared
    )


def _period(card: Card, choices: Choices, offer: Offer, at: datetime) -> str:
    """The period as it would be granted, and the customer's own days where they differ from the requested ones."""
    changes = []
    for name, requested in date_bounds(card).items():
        typed = choices.dates[name]
        if not typed or typed == _iso(requested) or date_error(card, choices, name.partition("-")[0]):
            continue
        day = {"day": day_in_words(date.fromisoformat(typed))}
        if name.startswith("start-"):
            changes.append(_("You changed the first day to %(day)s.") % day)
        else:
            changes.append(_("You changed the last day to %(day)s.") % day)
    sentence = card.period_sentence
    if changes:
        try:  # in the words of the receipt, unless no day is left between the two
            period = narrow_part(card.scope, card.period, decided_part(card, choices, offer), at=at)
            sentence = f"{period_in_words(card.scope, period, at=at)} {access_in_words(period)}".strip()
        except DecisionRefused:
            pass
    return " ".join([sentence, *changes])


def _services(card: Card, offer: Offer, choices: Choices) -> str:
    ticked = selected_choices(card, choices, offer)
    words = _named_or_counted(ticked)
    later = _("Services you add later") if card.future_offered and card.group in choices.future else ""
    return ", ".join(part for part in (words, later) if part) or _("No service ticked yet.")


def _services_left_out(offer: Offer, choices: Choices) -> str:
    """Services that no ticked card shares; named while they are few. Empty where no card is ticked."""
    cards = [card for card in offer.cards if card.scope.id in choices.shared]
    shared = {choice.pk for card in cards for choice in selected_choices(card, choices, offer)}
    offered = {choice.pk: choice for group in offer.groups for choice in group.shareable}
    left = [choice for pk, choice in offered.items() if pk not in shared] if cards else []
    return _named_or_counted(left)


def _named_or_counted(choices: Sequence[Choice]) -> str:
    if len(choices) > LONG_LIST:
        return services_in_words(choice.commodity for choice in choices)
    return ", ".join(kind_and_number(choice) for choice in choices)


def _group_view(group: Group, offer: Offer, choices: Choices, messages: dict[str, str]) -> GroupView:
    ticked = choices.contracts[group.key]
    is_long = len(group.choices) > LONG_LIST
    cards = [card for card in offer.cards if card.group == group.key]
    titles = [card.title for card in cards]
    future = ""
    if group.future_offered:
        last = max(card.period.access_ends for card in cards if card.future_offered)
        future = _("Services I add to these accounts later, until %(day)s") % {"day": day_in_words(last)}
    return GroupView(
        id=group.key,
        cards=tuple(_card_view(card, choices, messages) for card in cards),
        sections=list_sections(group, choices, is_long=is_long),
        applies_to=_("For: %(titles)s.") % {"titles": "; ".join(titles)} if len(offer.groups) > 1 else "",
        error=messages.get(f"services-{group.key}", ""),
        count=ngettext("%(count)s of %(total)s ticked", "%(count)s of %(total)s ticked", len(ticked))
        % {"count": len(ticked), "total": len(group.shareable)},
        size=len(group.shareable),
        is_long=is_long,
        search=choices.searches.get(group.key, ""),
        only_ticked=group.key in choices.only_ticked,
        has_regions=is_long and any(choice.region for choice in group.choices),
        by_region=group.key in choices.by_region,
        numbers=choices.numbers.get(group.key, ""),
        numbers_error=messages.get(f"numbers-{group.key}", ""),
        file_error=messages.get(f"file-{group.key}", ""),
        future=future,
        future_ticked=group.key in choices.future,
    )


def _card_view(card: Card, choices: Choices, messages: dict[str, str]) -> CardView:
    dates = tuple(_date_view(card, name, choices, messages) for name in date_bounds(card))
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
        is_required=card.is_required,
        error=messages.get(f"share-{card.scope.id}", ""),
        dates=dates,
        is_shortened=any(date.error or date.value != date.asked for date in dates),
    )


def _date_view(card: Card, name: str, choices: Choices, messages: dict[str, str]) -> DateView:
    requested = date_bounds(card)
    first, last = requested.get(f"start-{card.scope.id}"), requested.get(f"end-{card.scope.id}")
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
        asked=_iso(requested[name]),
        min=_iso(first),
        max=_iso(last),
        error=messages.get(name, ""),
    )


def _iso(day: date | None) -> str:
    return day.isoformat() if day else ""

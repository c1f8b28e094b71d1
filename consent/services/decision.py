"""A customer's decision, validated against the offer: never wider in data, services or time."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime

from consent.models import Grant
from consent.periods import EmptyPeriod, PartPeriod, WiderThanRequested, narrowed_period
from consent.scopes.base import Scope
from consent.services.offer.build import grace, utility_zone
from consent.services.offer.values import Card, Offer


@dataclass(frozen=True, slots=True)
class DecidedPart:
    """One scope to share. `contracts` are database keys; dates are local days, both included (None: as requested)."""

    scope: str
    contracts: frozenset[int]
    include_future: bool = False
    start: date | None = None
    end: date | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """What to share; a requested scope that is not here is left out."""

    parts: tuple[DecidedPart, ...]


@dataclass(frozen=True, slots=True)
class ApprovedPart:
    """One scope as it will be granted. `contracts` and `future_accounts` are database keys."""

    scope: Scope
    type_sent: str
    period: PartPeriod
    contracts: frozenset[int]
    future_accounts: frozenset[int]


class DecisionRefused(Exception):
    """The decision is not valid; nothing was changed. `code` selects the page's text, `scope` and `field` the place."""

    code = "refused"

    def __init__(self, *, scope: str = "", field: str = "") -> None:
        super().__init__(f"{self.code} {scope} {field}".rstrip())
        self.scope = scope
        self.field = field


class NothingChosen(DecisionRefused):
    """No scope is ticked (`scope` empty), or a ticked one has no service and no future option (C-37)."""

    code = "nothing_chosen"


class AllOrNone(DecisionRefused):
    """A locked request without one of its scopes, or with other dates than it asked for (F-67)."""

    code = "all_or_none"


class NotOffered(DecisionRefused):
    """A scope, a service or the future option that the page did not offer, as in a forged form."""

    code = "not_offered"


class TooWide(DecisionRefused):
    """A date beyond what was asked; `field` is start or end (P-11)."""

    code = "too_wide"


class PeriodEmpty(DecisionRefused):
    """No day is left between start and end."""

    code = "period_empty"


class MayNotDecide(DecisionRefused):
    """The user may only view, or the request is bound to another user."""

    code = "may_not_decide"


class ClientNotAllowed(DecisionRefused):
    """The company is suspended, or may no longer ask for a scope of the request, or for so many days of it."""

    code = "client_not_allowed"


class RequestOver(DecisionRefused):
    """The request waited too long, was never opened, or a newer one of the company took its place."""

    code = "request_over"


class OfferChanged(DecisionRefused):
    """What would be shown now differs from what was shown; `changed` names the differences in words (P-09)."""

    code = "offer_changed"

    def __init__(self, changed: tuple[str, ...]) -> None:
        super().__init__()
        self.changed = changed


class AlreadyDecided(DecisionRefused):
    """Decided before: `grant` is the first outcome, None where it was not an approval (F-83)."""

    code = "already_decided"

    def __init__(self, grant: Grant | None) -> None:
        super().__init__()
        self.grant = grant


def validate_decision(offer: Offer, decision: Decision, *, at: datetime) -> tuple[ApprovedPart, ...]:
    """The parts to grant, in the page's order. Raises a DecisionRefused; writes nothing."""
    if not offer.may_decide:
        raise MayNotDecide
    if not decision.parts:
        raise NothingChosen
    decided = {part.scope: part for part in decision.parts}
    unknown = decided.keys() - {card.scope.id for card in offer.cards}
    if unknown or len(decided) < len(decision.parts):
        raise NotOffered(scope=min(unknown, default=""))
    for card in offer.cards:
        if card.is_required and card.scope.id not in decided:
            raise AllOrNone(scope=card.scope.id)
    return tuple(
        _approved_part(offer, card, decided[card.scope.id], at)
        for card in offer.cards
        if card.scope.id in decided
    )


def _approved_part(offer: Offer, card: Card, part: DecidedPart, at: datetime) -> ApprovedPart:
    scope = card.scope.id
    if card.problem or not part.contracts <= card.contracts:
        raise NotOffered(scope=scope, field="contracts")
    if part.include_future and not card.future_offered:
        raise NotOffered(scope=scope, field="future")
    if card.locked and (part.start or part.end):
        raise AllOrNone(scope=scope, field="start" if part.start else "end")
    period = narrow_part(card.scope, card.period, part, at=at)
    accounts = {choice.account_pk for choice in offer.group_of(card).choices}
    future_accounts = frozenset(accounts) if part.include_future and period.lasting else frozenset()
    require_services(scope, part.contracts, future_accounts)
    return ApprovedPart(card.scope, card.type_sent, period, part.contracts, future_accounts)


def narrow_part(scope: Scope, period: PartPeriod, part: DecidedPart, *, at: datetime) -> PartPeriod:
    """`period` cut to the days of `part`. Raises TooWide or PeriodEmpty."""
    try:
        return narrowed_period(
            period,
            kind=scope.period,
            start=part.start,
            end=part.end,
            at=at,
            zone=utility_zone(),
            grace=grace(),
        )
    except WiderThanRequested as error:
        raise TooWide(scope=scope.id, field=error.field) from error
    except EmptyPeriod as error:
        raise PeriodEmpty(scope=scope.id, field=error.field) from error


def require_services(scope: str, contracts: Collection[int], future_accounts: Collection[int]) -> None:
    """Raise NothingChosen unless the part has a service, or an account whose new services join."""
    if not contracts and not future_accounts:
        raise NothingChosen(scope=scope, field="contracts")

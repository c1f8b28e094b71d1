"""A customer's decision, checked against what is offered or granted: never wider in data, services or time."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date, datetime

from consent.models import Grant
from consent.parts import Part
from consent.periods import EmptyPeriod, PartPeriod, WiderThanRequested, narrowed_period, one_time_period
from consent.resolution import Resolution, coarsest
from consent.services.offer import Offer


@dataclass(frozen=True, slots=True)
class PartDecision:
    """What the customer shares of one scope. `contracts` are database keys; dates are local days, both included
    (None: as they are). `once`: what is known now, one time. Readings no finer than
    `resolution`; of contracts that `meters` has, only these meters (pairs of contract and meter).
    """

    scope: str
    contracts: frozenset[int]
    include_future: bool = False
    start: date | None = None
    end: date | None = None
    once: bool = False
    resolution: Resolution = Resolution.AS_READ
    meters: frozenset[tuple[int, int]] = frozenset()


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
    """What would be shown now differs from what was shown; `changed` names the aspects of it that differ (P-09)."""

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


def validate_decision(offer: Offer, decision: Collection[PartDecision], *, at: datetime) -> tuple[Part, ...]:
    """The parts to grant, in the page's order. Raises a DecisionRefused; writes nothing."""
    if not offer.may_decide:
        raise MayNotDecide
    shared = {each.scope for each in decision}
    for part in offer.parts:
        if shared and part.is_required and part.scope.id not in shared:
            raise AllOrNone(scope=part.scope.id)
        if part.scope.id in shared and not part.can_be_shared:
            raise NotOffered(scope=part.scope.id, field="contracts")
    offered = {(meter.contract, meter.key) for meters in offer.meters.values() for meter in meters}
    if any(not each.meters <= offered for each in decision):
        raise NotOffered(field="meters")
    return narrow_parts(offer.parts, decision, at=at)


def narrow_parts(
    parts: Collection[Part], decision: Collection[PartDecision], *, at: datetime
) -> tuple[Part, ...]:
    """`parts` cut to `decision`, in their order; one that it does not name is left out.

    Raises NothingChosen, NotOffered for anything that a part does not have, AllOrNone, TooWide, PeriodEmpty.
    """
    if not decision:
        raise NothingChosen
    decided = {each.scope: each for each in decision}
    unknown = decided.keys() - {part.scope.id for part in parts}
    if unknown or len(decided) < len(decision):
        raise NotOffered(scope=min(unknown, default=""))
    return tuple(_narrowed(part, decided[part.scope.id], at) for part in parts if part.scope.id in decided)


def _narrowed(part: Part, decided: PartDecision, at: datetime) -> Part:
    scope = part.scope.id
    if not decided.contracts <= part.contracts:
        raise NotOffered(scope=scope, field="contracts")
    if decided.include_future and not part.future_accounts:
        raise NotOffered(scope=scope, field="future")
    if decided.resolution and (part.locked or not part.scope.has_resolution):
        raise AllOrNone(scope=scope) if part.locked else NotOffered(scope=scope, field="resolution")
    if decided.start or decided.end or decided.once:
        field = "start" if decided.start else "end"
        if part.locked:
            raise AllOrNone(scope=scope, field=field)
        if part.period.is_over(at):  # it has no end to move
            raise NotOffered(scope=scope, field=field)
    period = narrowed_dates(part, decided, at=at)
    future_accounts = part.future_accounts if decided.include_future and period.lasting else frozenset[int]()
    if not decided.contracts and not future_accounts:
        raise NothingChosen(scope=scope, field="contracts")
    return replace(
        part,
        period=period,
        contracts=decided.contracts,
        future_accounts=future_accounts,
        resolution=coarsest((part.resolution, decided.resolution)),
        meters=_narrowed_meters(part, decided),
    )


def _narrowed_meters(part: Part, decided: PartDecision) -> frozenset[tuple[int, int]]:
    """Those of the remaining contracts. A contract of which meters were left out before loses no such limit."""
    if decided.meters and not part.scope.has_resolution:
        raise NotOffered(scope=part.scope.id, field="meters")
    limited = {contract for contract, _meter in part.meters}
    newly = {contract for contract, _meter in decided.meters}
    if not newly <= decided.contracts or any(
        pair[0] in limited and pair not in part.meters for pair in decided.meters
    ):
        raise NotOffered(scope=part.scope.id, field="meters")
    kept = {pair for pair in part.meters if pair[0] in decided.contracts and pair[0] not in newly}
    return frozenset(kept | decided.meters)


def narrowed_dates(part: Part, decided: PartDecision, *, at: datetime) -> PartPeriod:
    """The part's period cut to the days of `decided`. Raises TooWide or PeriodEmpty."""
    kind = part.scope.period
    try:
        period = narrowed_period(part.period, kind=kind, start=decided.start, end=decided.end, at=at)
        return one_time_period(period, kind=kind, at=at) if decided.once else period
    except WiderThanRequested as error:
        raise TooWide(scope=part.scope.id, field=error.field) from error
    except EmptyPeriod as error:
        raise PeriodEmpty(scope=part.scope.id, field=error.field) from error

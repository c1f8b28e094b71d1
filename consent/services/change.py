"""Apply a customer's change of a grant: once for each form, within what the form showed, never wider."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from django.db import transaction

from accounts.models import User
from consent.models import Actor, Change, Grant, Receipt
from consent.resolution import Resolution
from consent.services.change_offer import CHANGE_ASPECTS, ChangeOffer, build_change
from consent.services.decision import AllOrNone, NothingChosen, NotOffered, OfferChanged, PartDecision
from consent.services.digests import changed_aspects
from consent.services.narrow import lock_open_grant, narrow_grant, remove_services


@dataclass(frozen=True, slots=True)
class RequestedChange:
    """What the customer keeps: scopes, contracts by database key, whether later services are included.

    `days` are new first and last days by scope; None leaves that side as it is. `resolutions` are the finest that
    readings leave with from now on, by scope. `meters` are pairs of contract and meter: those that stay, of
    contracts of which others do not.
    """

    data: frozenset[str]
    contracts: frozenset[int]
    include_future: bool
    days: Mapping[str, tuple[date | None, date | None]]
    resolutions: Mapping[str, Resolution] = field(default_factory=dict)
    meters: frozenset[tuple[int, int]] = frozenset()


@transaction.atomic
def change_sharing(
    *, grant: Grant, change: RequestedChange, by: User, digest: str, form_token: str, at: datetime
) -> Receipt:
    """Keep of `grant` what `change` names of what `by` may change; the rest of it stays. The new receipt.

    `digest` is that of the offer shown; the same `form_token` sent again returns the first receipt.
    Raises OfferChanged, another DecisionRefused, TransitionNotAllowed where the grant has ended.
    """
    earlier = _earlier_receipt(grant, form_token)
    if earlier is not None:
        return earlier
    grant = lock_open_grant(grant, at)
    earlier = _earlier_receipt(grant, form_token)  # again under the lock: two copies may be sent at once
    if earlier is not None:
        return earlier
    offer = build_change(grant, user=by, at=at)
    if offer.digest != digest:
        raise OfferChanged(changed_aspects(digest, offer.digest, CHANGE_ASPECTS))
    editable = frozenset(contract.pk for contract in offer.services)
    if not change.contracts <= editable:
        raise NotOffered(field="contracts")
    if not change.meters <= {(meter.contract, meter.key) for of in offer.meters.values() for meter in of}:
        raise NotOffered(field="meters")
    if offer.whole:
        decision = _decision(offer, change, editable)
        return narrow_grant(grant=grant, decision=decision, by=by, at=at, form_token=form_token)

    # an owner of some of the services removes these, and whether new ones of their accounts join
    accounts = frozenset[int]() if change.include_future else offer.accounts
    if not change.contracts and accounts == offer.accounts:
        raise NothingChosen(field="contracts")  # use the stop page for that
    receipt = remove_services(
        grant=grant,
        contracts=editable - change.contracts,
        accounts=accounts,
        change=Change.OWNER_STOPPED,
        actor=Actor.CUSTOMER,
        by=by,
        at=at,
        form_token=form_token,
    )
    if receipt is None:
        raise NothingChosen(field="contracts")
    return receipt


def _earlier_receipt(grant: Grant, form_token: str) -> Receipt | None:
    """The receipt of the same form sent before. Raises NotOffered for the token of another sharing's form."""
    earlier = Receipt.objects.filter(form_token=form_token).first()
    if earlier is not None and earlier.grant_id != grant.pk:
        raise NotOffered(field="form_token")
    return earlier


def _decision(
    offer: ChangeOffer, change: RequestedChange, editable: frozenset[int]
) -> tuple[PartDecision, ...]:
    """Contracts that the user cannot see remain with each remaining scope. Raises AllOrNone (F-67)."""
    if change.data - {part.scope.id for part in offer.parts}:
        raise NotOffered(field="data")
    decided = []
    for part in offer.parts:
        start, end = change.days.get(part.scope.id, (None, None))
        if part.locked and (part.scope.id not in change.data or start or end):
            raise AllOrNone(scope=part.scope.id)
        if part.scope.id in change.data:
            decided.append(
                PartDecision(
                    scope=part.scope.id,
                    contracts=(part.contracts - editable) | (part.contracts & change.contracts),
                    include_future=change.include_future and bool(part.future_accounts),
                    start=start,
                    end=end,
                    resolution=change.resolutions.get(part.scope.id, Resolution.AS_READ),
                    meters=frozenset(pair for pair in change.meters if pair[0] in part.contracts)
                    if part.scope.has_resolution and not part.locked
                    else frozenset(),
                )
            )
    return tuple(decided)

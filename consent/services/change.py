"""A customer's own change of what is shared: once for each form, only what was shown, only less."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction

from accounts.models import User
from consent.models import Actor, Change, Grant, Receipt
from consent.services.change_offer import ChangeOffer, build_change, changed_since
from consent.services.decision import (
    AllOrNone,
    DecidedPart,
    Decision,
    NothingChosen,
    NotOffered,
    OfferChanged,
)
from consent.services.narrow import lock_open_grant, narrow_grant, remove_services


@dataclass(frozen=True, slots=True)
class RequestedChange:
    """What shall stay: kinds of data, services by database key, the option for later services.

    `days` are the customer's own first and last day by scope, None where a side stays as it is.
    """

    data: frozenset[str]
    contracts: frozenset[int]
    later: bool
    days: Mapping[str, tuple[date | None, date | None]]


@transaction.atomic
def change_sharing(
    *, grant: Grant, wish: RequestedChange, by: User, digest: str, form_token: str, at: datetime
) -> Receipt:
    """Keep of `grant` what `by` wishes to keep of what they may change; the rest of it stays. The new receipt.

    `digest` is the offer's that was shown, `form_token` the form's own: sent again it gives the first outcome.
    Raises OfferChanged, another DecisionRefused, TransitionNotAllowed where the grant has ended. Nothing is wider.
    """
    earlier = _outcome(grant, form_token)
    if earlier is not None:
        return earlier
    grant = lock_open_grant(grant, at)
    earlier = _outcome(grant, form_token)  # sent twice at once
    if earlier is not None:
        return earlier
    offer = build_change(grant, user=by, at=at)
    if offer.digest != digest:
        raise OfferChanged(changed_since(digest, offer.digest))
    mine = frozenset(one.pk for one in offer.services)
    if not wish.contracts <= mine:
        raise NotOffered(field="contracts")
    if offer.whole:
        decision = _decision(offer, wish, mine)
        return narrow_grant(grant=grant, decision=decision, by=by, at=at, form_token=form_token)
    return _take_mine_out(offer, wish, mine, by=by, form_token=form_token, at=at)


def _outcome(grant: Grant, form_token: str) -> Receipt | None:
    """What the form led to before. Raises NotOffered for the token of another sharing's form."""
    earlier = Receipt.objects.filter(form_token=form_token).first()
    if earlier is not None and earlier.grant_id != grant.pk:
        raise NotOffered(field="form_token")
    return earlier


def _decision(offer: ChangeOffer, wish: RequestedChange, mine: frozenset[int]) -> Decision:
    """Services that the person does not see stay where their kind of data stays. Raises AllOrNone (F-67)."""
    if wish.data - {part.scope.id for part in offer.parts}:
        raise NotOffered(field="data")
    parts = []
    for part in offer.parts:
        start, end = wish.days.get(part.scope.id, (None, None))
        if part.locked and (part.scope.id not in wish.data or start or end):
            raise AllOrNone(scope=part.scope.id)
        if part.scope.id in wish.data:
            parts.append(
                DecidedPart(
                    scope=part.scope.id,
                    contracts=(part.contracts - mine) | (part.contracts & wish.contracts),
                    include_future=wish.later and bool(part.future_accounts),
                    start=start,
                    end=end,
                )
            )
    return Decision(tuple(parts))


def _take_mine_out(
    offer: ChangeOffer,
    wish: RequestedChange,
    mine: frozenset[int],
    *,
    by: User,
    form_token: str,
    at: datetime,
) -> Receipt:
    """For an owner of a part of it: only services, and whether their accounts' later ones join."""
    accounts = frozenset() if wish.later else offer.accounts
    if not wish.contracts and accounts == offer.accounts:
        raise NothingChosen(field="contracts")  # that is to stop, which the stop page says
    receipt = remove_services(
        grant=offer.grant,
        contracts=mine - wish.contracts,
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

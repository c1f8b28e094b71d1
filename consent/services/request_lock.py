"""A request under its lock, for who may act on it."""

from datetime import datetime

from accounts.models import User
from consent.models import ConsentRequest, RequestStatus
from consent.queries.deciders import is_handed_over_to
from consent.services.decision import AlreadyDecided, MayNotDecide, RequestOver


def lock_request(request: ConsentRequest, by: User, at: datetime) -> ConsentRequest:
    """`request` as it is now, locked, still open, and `by`'s to decide: they opened it or were asked to.

    Raises MayNotDecide, AlreadyDecided with the first outcome, RequestOver.
    """
    # nothing joined: after waiting for the lock, PostgreSQL would show joined rows as they were before
    locked = ConsentRequest.objects.select_for_update().get(pk=request.pk)
    if locked.user_id != by.pk and not is_handed_over_to(by, locked, at=at):
        raise MayNotDecide
    if locked.status in (RequestStatus.APPROVED, RequestStatus.DENIED, RequestStatus.FAILED):
        raise AlreadyDecided(locked.grant)
    if locked.status != RequestStatus.WAITING or locked.expires <= at:
        raise RequestOver
    return locked

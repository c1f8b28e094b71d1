"""Who can decide a request where whoever opened it may only look."""

from datetime import datetime

from django.db.models import QuerySet

from accounts.models import User
from accounts.queries.roles import deciding_owners, visible_contracts
from consent.models import ConsentRequest


def deciders_for(viewer: User, *, at: datetime) -> QuerySet[User]:
    """The owners of the contracts that `viewer` sees, who may share already; a viewer knows their household.

    One query, and one when the result is read.
    """
    contracts = list(visible_contracts(user=viewer, at=at).values_list("pk", flat=True))
    return deciding_owners(contracts=contracts, at=at)


def is_handed_over_to(user: User, request: ConsentRequest, *, at: datetime) -> bool:
    """Whether who opened `request` handed it over and `user` owns something of what that person sees. Two queries."""
    if request.handed_over is None or request.user is None or request.user_id == user.pk:
        return False
    return deciders_for(request.user, at=at).filter(pk=user.pk).exists()

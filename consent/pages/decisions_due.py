"""Requests that wait for a person's decision, for their home page."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from accounts.models import Membership, Role, User
from cdsc_portal.lib.time.dates_in_words import moment_in_words
from consent.models import ConsentRequest, RequestStatus
from consent.queries.deciders import is_handed_over_to


@dataclass(frozen=True, slots=True)
class DecisionDue:
    """A request to read and decide. `asked_by` is empty where the reader opened it alone."""

    reference: str
    company: str
    asked_by: str
    until: str


def decisions_due(*, user: User, at: datetime) -> tuple[DecisionDue, ...]:
    """Requests that `user` left undecided, and those that viewers handed over to them, the last to end first.

    One query, and two for each request that somebody handed over to the user's customers.
    """
    waiting = ConsentRequest.objects.filter(status=RequestStatus.WAITING, expires__gt=at)
    owned = Membership.objects.filter(user=user, role=Role.OWNER).values("customer")
    handed = Q(handed_over__isnull=False, user__memberships__customer__in=owned)
    requests = waiting.filter(Q(user=user) | handed).select_related("client", "user").distinct()
    return tuple(
        DecisionDue(
            reference=request.reference,
            company=request.client.name,
            asked_by="" if request.user_id == user.pk else str(request.user),
            until=moment_in_words(request.expires),
        )
        for request in requests.order_by("-expires")
        if request.user_id == user.pk or is_handed_over_to(user, request, at=at)
    )

"""Requests that wait for a person's decision, for their home page and the list of what they share."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q, QuerySet

from accounts.models import Membership, Role, User
from cdsc_portal.lib.db.compiled_query import compiled_query
from cdsc_portal.lib.time.dates_in_words import moment_in_words
from consent.models import ConsentRequest, RequestStatus
from consent.queries.deciders import is_handed_over_to
from consent.requests import AccessRequest
from consent.scopes.catalogue import SCOPES


@dataclass(frozen=True, slots=True)
class WaitingRequest:
    """A request to read and decide. `opened_by`: who handed it over; empty where the reader opened it alone. `asks`:
    the kinds of data.
    """

    reference: str
    company: str
    opened_by: str
    asks: str
    created: str
    expires: str


def own_waiting_requests(*, user: User, at: datetime) -> tuple[WaitingRequest, ...]:
    """Requests `user` has opened and not decided, which can still be decided at `at`. One query."""
    return tuple(_waiting_request(request, user) for request in _opened_by(user=user, at=at))


def decisions_due(*, user: User, at: datetime) -> tuple[WaitingRequest, ...]:
    """Requests that `user` left undecided, and those that viewers handed over to them, the last to end first.

    One query, and two for each request that somebody handed over to the user's customers.
    """
    return tuple(
        _waiting_request(request, user)
        for request in _opened_by_or_for(user=user, at=at)
        if request.user_id == user.pk or is_handed_over_to(user, request, at=at)
    )


@compiled_query
def _opened_by(*, user: User, at: datetime) -> QuerySet[ConsentRequest]:
    return _waiting(at).filter(user=user).select_related("client")


@compiled_query
def _opened_by_or_for(*, user: User, at: datetime) -> QuerySet[ConsentRequest]:
    owned = Membership.objects.filter(user=user, role=Role.OWNER).values("customer")
    handed_over = Q(handed_over__isnull=False, user__memberships__customer__in=owned)
    requests = _waiting(at).filter(Q(user=user) | handed_over).select_related("client", "user").distinct()
    return requests.order_by("-expires")


def _waiting(at: datetime) -> QuerySet[ConsentRequest]:
    return ConsentRequest.objects.filter(status=RequestStatus.WAITING, expires__gt=at)


def _waiting_request(request: ConsentRequest, reader: User) -> WaitingRequest:
    return WaitingRequest(
        reference=request.reference,
        company=request.client.name,
        opened_by="" if request.user_id == reader.pk else str(request.user),
        asks=", ".join(
            str(SCOPES[part.scope].title) for part in AccessRequest.from_json(request.details).parts
        ),
        created=moment_in_words(request.created),
        expires=moment_in_words(request.expires),
    )

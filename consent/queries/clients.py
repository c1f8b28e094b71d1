"""What hangs on a third party's application."""

from collections.abc import Collection
from datetime import datetime

from django.db.models import QuerySet

from accounts.models import User
from consent.models import (
    AccessToken,
    Client,
    ClientContact,
    ConsentRequest,
    Grant,
    GrantKind,
    RefreshToken,
    RequestStatus,
)
from consent.transitions import OPEN


def open_grants(*, client: Client) -> QuerySet[Grant]:
    """Customers' grants to `client` that have not ended, whatever their state; not its own."""
    return Grant.objects.filter(client=client, kind=GrantKind.CUSTOMER, status__in=OPEN)


def waiting_for(*, client: Client, at: datetime) -> int:
    """How many of its requests wait for a customer's decision."""
    return ConsentRequest.objects.filter(client=client, status=RequestStatus.WAITING, expires__gt=at).count()


def open_grants_with(*, scopes: Collection[str], client: Client | None) -> int:
    """How many open grants hold one of `scopes`: of `client`, or of all where it is None. One query."""
    grants = Grant.objects.filter(status__in=OPEN, parts__scope__in=scopes)
    return (grants.filter(client=client) if client else grants).distinct().count()


def live_tokens(*, client: Client, at: datetime) -> int:
    """How many access and refresh tokens of `client` work at `at`. Two queries."""
    access = AccessToken.objects.filter(application=client, expires__gt=at).count()
    return access + RefreshToken.objects.filter(application=client, revoked=None, rotated=None).count()


def is_contact(*, user: User) -> bool:
    """Whether `user` is a contact of any third party. One query."""
    return ClientContact.objects.filter(user=user).exists()

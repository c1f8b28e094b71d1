"""What a person shares already with the company of a request."""

from datetime import datetime

from django.db.models import Q, QuerySet

from accounts.models import User
from consent.models import Client, Grant
from consent.transitions import OPEN


def open_grants_with(client: Client, *, user: User, at: datetime) -> QuerySet[Grant]:
    """The grants that `user` gave `client` and that still open something, newest first."""
    lasts = Q(access_ends__isnull=True) | Q(access_ends__gt=at)
    return Grant.objects.filter(lasts, user=user, client=client, status__in=OPEN).order_by("-created", "-pk")

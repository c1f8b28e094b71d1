"""What a person shares already with the company of a request."""

from collections.abc import Iterable
from datetime import datetime

from django.db.models import QuerySet

from accounts.models import User
from cdsc_portal.lib.db.compiled_query import Keys, compiled_query
from consent.models import Client, Grant, GrantPart
from consent.queries.visible_grants import holds


@compiled_query
def open_grants_with(*, client: Client, user: User, at: datetime) -> QuerySet[Grant]:
    """The grants that `user` gave `client` and that still open something, newest first. One query."""
    return Grant.objects.filter(holds(at), user=user, client=client).order_by("-created", "-pk")


def shared_scopes(grants: Iterable[Grant]) -> frozenset[str]:
    """Ids of the scopes of the grants' parts. One query."""
    return frozenset(_scopes(keys=Keys.of(grant.pk for grant in grants)))


@compiled_query
def _scopes(*, keys: Keys) -> QuerySet[GrantPart, str]:
    return GrantPart.objects.filter(grant__in=keys.rows).order_by().values_list("scope", flat=True).distinct()

"""What hangs on a third party's application."""

from django.db.models import QuerySet

from consent.models import Client, Grant
from consent.transitions import OPEN


def open_grants(*, client: Client) -> QuerySet[Grant]:
    """Grants of `client` that have not ended, whatever their state."""
    return Grant.objects.filter(client=client, status__in=OPEN)

"""What staff read when they take a scope away: grants that hold it stay open."""

from collections.abc import Collection

from django.contrib import messages
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.admin.base import list_link
from consent.models import Client, Grant
from consent.queries.clients import open_grants_with


def warn_of_open_grants(request: HttpRequest, *, scopes: Collection[str], client: Client | None) -> None:
    """Say how many open grants of `client` (None = of all) go on to open `scopes`, and where they stand."""
    count = open_grants_with(scopes=scopes, client=client) if scopes else 0
    if not count:
        return
    words = ngettext(
        "%(count)d open grant keeps %(scopes)s until it ends.",
        "%(count)d open grants keep %(scopes)s until they end.",
        count,
    ) % {"count": count, "scopes": ", ".join(sorted(scopes))}
    filters = {"client__id": client.pk} if client else {}
    messages.warning(
        request, format_html("{} {}", words, list_link(Grant, _("Look at the grants"), **filters))
    )

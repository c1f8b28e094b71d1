"""The outcome of a request, and who waits for one."""

from collections.abc import Collection, Mapping
from typing import Any

from django.db.models import Q, QuerySet

from cdsc_portal.lib.db.compiled_query import Keys, compiled_query
from cdsc_portal.lib.secrets.checksums import checksum
from consent.models import AuthorizationCode, ConsentRequest, Grant, Receipt, RequestStatus


def code_was_used(request: ConsentRequest) -> bool:
    """Whether the third party has exchanged a code that `request` led to. One query."""
    of_request = Q(consent_request=request) | Q(consent_request=None, grant=request.granted)
    return AuthorizationCode.objects.filter(of_request, spent__isnull=False).exists()


def current_receipt(grant: Grant) -> Receipt:
    """The receipt of `grant` that no later one supersedes; each approval wrote one. One query."""
    return Receipt.objects.get(grant=grant, superseded_by=None)


def receipt_of(grant: Grant | None) -> Receipt | None:
    """The receipt that no later one supersedes; None where nothing was granted. One query."""
    if grant is None:
        return None
    return Receipt.objects.filter(grant=grant, superseded_by=None).first()


def agreed_terms(grants: Collection[Grant]) -> dict[int, Mapping[str, Any]]:
    """By key of the grant, of the receipt that holds: `purpose`, `client` (with terms_uri, policy_uri). One query."""
    rows = _agreed(keys=Keys.of(grant.pk for grant in grants))
    return {grant: {"purpose": purpose or "", "client": client} for grant, purpose, client in rows}


@compiled_query
def _agreed(*, keys: Keys) -> QuerySet[Receipt, tuple[int, Any, Any]]:
    receipts = Receipt.objects.filter(grant__in=keys.rows, superseded_by=None)
    return receipts.values_list("grant", "facts__purpose", "facts__client")


def waiting_company(key: str) -> str:
    """The name of the company whose request waits under `key`, the secret of its address; "" for none. One query."""
    waiting = ConsentRequest.objects.filter(key_digest=checksum(key), status=RequestStatus.WAITING)
    return waiting.values_list("client__name", flat=True).first() or ""

"""The outcome of a decided request."""

from consent.models import AuthorizationCode, Grant, Receipt


def code_was_used(grant: Grant) -> bool:
    """Whether the third party has exchanged a code of `grant`. One query."""
    return AuthorizationCode.objects.filter(grant=grant, spent__isnull=False).exists()


def current_receipt(grant: Grant) -> Receipt:
    """The receipt of `grant` that no later one supersedes; each approval wrote one. One query."""
    return Receipt.objects.get(grant=grant, superseded_by=None)


def receipt_of(grant: Grant | None) -> Receipt | None:
    """The receipt that no later one supersedes; None where nothing was granted. One query."""
    if grant is None:
        return None
    return Receipt.objects.filter(grant=grant, superseded_by=None).first()

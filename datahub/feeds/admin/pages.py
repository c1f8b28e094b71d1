"""Who may start feed runs."""

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest

from datahub.feeds.sources.staff_tokens import RUN_FEEDS

__all__ = ["RUN_FEEDS", "require_runner"]


def require_runner(request: HttpRequest) -> None:
    """Raises PermissionDenied unless the user may start feed runs."""
    if not request.user.has_perm(RUN_FEEDS):
        raise PermissionDenied

"""What every page's template may use."""

from django.conf import settings
from django.http import HttpRequest


def utility(request: HttpRequest) -> dict[str, str]:
    """The utility's name and where its customers find help."""
    return {"utility_name": settings.UTILITY_NAME, "support_url": settings.SUPPORT_URL}

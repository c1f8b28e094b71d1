"""The product's addresses, and a bare view as yardstick."""

from django.http import HttpRequest, HttpResponse
from django.urls import path

from cdsc_portal.urls import urlpatterns as product

READY: dict[str, bytes] = {}


def bare(request: HttpRequest) -> HttpResponse:
    """Send bytes that are ready: nothing is authenticated, queried or encoded."""
    return HttpResponse(READY["body"], content_type="application/json")


urlpatterns = [path("bare", bare), *product]

"""The product's addresses, and two yardsticks that send bytes which are ready."""

from django.http import HttpRequest, HttpResponse
from django.urls import path
from rest_framework.request import Request

from cdsc_portal.urls import urlpatterns as product
from consent.api.gated import GatedView

READY: dict[str, bytes] = {"body": b""}


def bare(request: HttpRequest) -> HttpResponse:
    """Django alone: nothing is authenticated, queried or encoded."""
    return HttpResponse(READY["body"], content_type="application/json")


class Gated(GatedView):
    """The gate, its transaction and the same bytes; nothing is read, encoded or recorded."""

    resource = "usage_data"

    def get(self, request: Request) -> HttpResponse:
        return HttpResponse(READY["body"], content_type="application/json")


urlpatterns = [path("bare", bare), path("gated", Gated.as_view()), *product]

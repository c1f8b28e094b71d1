"""The product's addresses, and yardsticks that send bytes which are ready."""

from functools import cache

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from rest_framework.request import Request

from cdsc_portal.urls import urlpatterns as product
from consent.api.gated import GatedView


@cache
def ready(size: int) -> bytes:
    """A body of `size` bytes, made once in a process."""
    return b"1" * size


def bare(request: HttpRequest) -> HttpResponse:
    """Django alone: nothing is authenticated, queried or encoded."""
    return HttpResponse(ready(_size(request)), content_type="application/json")


@login_required
def bare_page(request: HttpRequest) -> HttpResponse:
    """The login and the frame that every page has; nothing in it."""
    return render(request, "base.html")


class Gated(GatedView):
    """The gate, its transaction and the same bytes; nothing is read, encoded or recorded."""

    resource = "usage_data"

    def get(self, request: Request) -> HttpResponse:
        return HttpResponse(ready(_size(request)), content_type="application/json")


def _size(request: HttpRequest | Request) -> int:
    return int(request.GET.get("size", "0"))


urlpatterns = [path("bare", bare), path("bare_page", bare_page), path("gated", Gated.as_view()), *product]

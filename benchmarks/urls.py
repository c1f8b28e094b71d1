"""The product's addresses, and yardsticks that send bytes which are ready."""

from functools import cache

from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.views.decorators.csrf import csrf_exempt
from rest_framework.request import Request

from benchmarks.rows import PlainRow
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


@csrf_exempt
def plain_rows(request: HttpRequest) -> HttpResponse:
    """As many rows as asked for, one by one in one transaction, and nothing else."""
    with transaction.atomic():
        for number in range(int(request.GET.get("rows", "0"))):
            PlainRow.objects.create(name=f"row {number}", values={"number": number})
    return HttpResponse(ready(0), status=201)


def _size(request: HttpRequest | Request) -> int:
    return int(request.GET.get("size", "0"))


urlpatterns = [
    path("bare", bare),
    path("bare_page", bare_page),
    path("gated", Gated.as_view()),
    path("plain_rows", plain_rows),
    *product,
]

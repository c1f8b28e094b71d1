"""The figures: the gate beside a round trip, a usage year beside views that send the same bytes ready-made."""

from collections.abc import Callable
from typing import Any

from django.db import connection, transaction
from django.test import Client
from django.test.utils import override_settings

from benchmarks import urls, world
from cdsc_portal.lib import clock
from consent.queries.access import data_access

YEAR = {"start": "2025-01-01T00:00:00Z", "end": "2026-01-01T00:00:00Z"}


def figures(compared: Callable[..., Any]) -> list[Any]:
    """Everything that is measured, on one world."""
    world.build()
    with transaction.atomic():  # a call is one transaction, and its commit is the disclosure's
        gate = compared("gate / one SELECT 1", _gate, _round_trip, goal=4)
    with override_settings(ROOT_URLCONF="benchmarks.urls"):
        client = Client(headers={"Authorization": f"Bearer {world.TOKEN}"})
        return [gate, *_usage_year(compared, client), _not_modified(compared, client)]


def _gate() -> None:
    if data_access(world.TOKEN, at=clock.now()) is None:
        raise RuntimeError("the gate must open")


def _round_trip() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        cursor.fetchone()


def _usage_year(compared: Callable[..., Any], client: Client) -> list[Any]:
    answer = client.get("/usage_data", YEAR)
    if answer.status_code != 200:
        raise RuntimeError(f"usage answered {answer.status_code}: {answer.content[:300]!r}")
    urls.READY["body"] = answer.content
    name, size = "usage year with disclosure", f"{len(answer.content) // 1000} kB"
    fetch = lambda: client.get("/usage_data", YEAR)  # noqa: E731
    return [
        compared(f"{name} / gated view, {size} ready", fetch, lambda: client.get("/gated"), goal=4),
        compared(f"{name} / bare Django view, {size} ready", fetch, lambda: client.get("/bare"), goal=80),
    ]


def _not_modified(compared: Callable[..., Any], client: Client) -> Any:
    tag = client.get("/usage_data", YEAR).headers["ETag"]
    urls.READY["body"] = b""

    def unchanged() -> None:
        if client.get("/usage_data", YEAR, headers={"If-None-Match": tag}).status_code != 304:
            raise RuntimeError("nothing changed, so 304 is due")

    return compared("usage year, 304 / gated view, empty", unchanged, lambda: client.get("/gated"), goal=4)

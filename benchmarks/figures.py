"""The figures: the gate beside a round trip, a usage year beside a bare view that sends the same bytes."""

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
    with override_settings(ROOT_URLCONF="benchmarks.urls"):
        return [
            compared("gate in process / SELECT 1 in a transaction", _gate, _round_trip, goal=4),
            _usage_year(compared),
            _not_modified(compared),
        ]


def _gate() -> None:
    with transaction.atomic():
        access = data_access(world.TOKEN, at=clock.now())
    if access is None:
        raise RuntimeError("the gate must open")


def _round_trip() -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        cursor.fetchone()


def _usage_year(compared: Callable[..., Any]) -> Any:
    client = Client(headers={"Authorization": f"Bearer {world.TOKEN}"})
    answer = client.get("/usage_data", YEAR)
    if answer.status_code != 200:
        raise RuntimeError(f"usage answered {answer.status_code}: {answer.content[:300]!r}")
    urls.READY["body"] = answer.content
    name = f"usage year, {len(answer.content) // 1000} kB / bare view, the same bytes"
    return compared(name, lambda: client.get("/usage_data", YEAR), lambda: client.get("/bare"), goal=40)


def _not_modified(compared: Callable[..., Any]) -> Any:
    client = Client(headers={"Authorization": f"Bearer {world.TOKEN}"})
    tag = client.get("/usage_data", YEAR).headers["ETag"]

    def unchanged() -> None:
        if client.get("/usage_data", YEAR, headers={"If-None-Match": tag}).status_code != 304:
            raise RuntimeError("nothing changed, so 304 is due")

    return compared(
        "usage year, nothing changed (304) / bare view", unchanged, lambda: client.get("/bare"), goal=40
    )

"""What this server needs before it can serve: the database, its migrations, the shared cache, the broker.

Workers are apart: without one the pages serve on, so a probe that takes web servers out must not ask for them.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.core.cache import cache
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from kombu.exceptions import OperationalError as BrokerError

from cdsc_portal.background import SILENT_AFTER
from cdsc_portal.celery import app
from cdsc_portal.lib.runtime.worker_signs import last_signs

_BROKER_TIMEOUT_SECONDS = 2


def problems() -> dict[str, str]:
    """Each part that is not ready, with the reason in words; empty when all are. No address, no secret."""
    reasons = {name: check() for name, check in _CHECKS.items()}
    return {name: reason for name, reason in reasons.items() if reason}


@dataclass(frozen=True, slots=True)
class ServedQueue:
    """When a worker last served `queue` (None = not in two days), and whether that is too long ago."""

    queue: str
    last: datetime | None
    silent: bool


def served_queues(*, at: datetime) -> list[ServedQueue]:
    """Every queue. One look into the cache."""
    return [
        ServedQueue(queue, last, last is None or at - last > SILENT_AFTER[queue])
        for queue, last in last_signs(SILENT_AFTER).items()
    ]


def _database() -> str:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return "does not answer"
    return ""


def _migrations() -> str:
    try:
        executor = MigrationExecutor(connection)
        missing = len(executor.migration_plan(executor.loader.graph.leaf_nodes()))
    except DatabaseError:
        return "cannot be read"
    return f"{missing} not applied" if missing else ""


def _cache() -> str:
    try:
        cache.get("health")
    except Exception:  # each cache library has errors of its own; any of them means the same here
        return "does not answer"
    return ""


def _journal() -> str:
    """A stop goes through without it, and a restored backup would then open it again (decision 64)."""
    folder = settings.CONSENT_JOURNAL
    if folder is None:
        return ""
    existing = next(part for part in (folder, *folder.parents) if part.exists())
    return "" if existing.is_dir() and os.access(existing, os.W_OK | os.X_OK) else "cannot be written"


def _broker() -> str:
    try:
        with app.connection_for_write(connect_timeout=_BROKER_TIMEOUT_SECONDS) as broker:
            broker.ensure_connection(max_retries=1, timeout=_BROKER_TIMEOUT_SECONDS)
    except (BrokerError, OSError):
        return "does not answer"
    return ""


_CHECKS: dict[str, Callable[[], str]] = {
    "database": _database,
    "migrations": _migrations,
    "cache": _cache,
    "broker": _broker,
    "journal": _journal,
}

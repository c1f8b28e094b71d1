"""When a worker last served each queue, in the cache that all processes share: beat sends a task through each queue."""

from collections.abc import Collection
from datetime import datetime, timedelta

from django.core.cache import cache

_KEPT = timedelta(days=2)


def note_sign(queue: str, *, at: datetime) -> None:
    """A worker serves `queue` at `at`."""
    cache.set(_key(queue), at, timeout=_KEPT.total_seconds())


def last_signs(queues: Collection[str]) -> dict[str, datetime | None]:
    """When each of `queues` was last served; None = not in two days. One look into the cache."""
    signs = cache.get_many([_key(queue) for queue in queues])
    return {queue: signs.get(_key(queue)) for queue in queues}


def _key(queue: str) -> str:
    return f"worker-sign:{queue}"

"""How often somebody may call in a minute, counted in the cache that all processes share."""

import hashlib
from datetime import datetime

from django.core.cache import cache

_MINUTE = 60


def seconds_until_allowed(caller: str, *, limit: int, at: datetime) -> int:
    """Counts a call of `caller`; 0 while it is within `limit` in this minute, else the seconds until the next."""
    minute, second = divmod(int(at.timestamp()), _MINUTE)
    key = f"calls-{hashlib.sha256(f'{caller} {minute}'.encode()).hexdigest()}"
    cache.add(key, 0, timeout=2 * _MINUTE)
    try:
        calls = cache.incr(key)
    except ValueError:  # the cache dropped it in between
        return 0
    return 0 if calls <= limit else _MINUTE - second

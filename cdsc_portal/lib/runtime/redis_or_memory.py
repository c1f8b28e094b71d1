"""The shared cache in Redis and, while Redis does not answer, a cache of each process alone."""

import time
from typing import Any

from django.core.cache.backends.locmem import LocMemCache
from django.core.cache.backends.redis import RedisCache
from redis.exceptions import RedisError

_AWAY_SECONDS = (
    5  # how long a Redis that failed is not asked again: no call waits for each of its looks into the cache
)


class RedisOrMemoryCache(RedisCache):
    """Logins, tokens and data go on without Redis; limits that count in the cache count by process meanwhile."""

    def __init__(self, server: str, params: dict[str, Any]) -> None:
        super().__init__(server, params)
        self._memory = LocMemCache("while Redis is away", {**params, "OPTIONS": {}})
        self._away_until = 0.0

    def _ask(self, method: str, *arguments: Any, **options: Any) -> Any:
        if time.monotonic() >= self._away_until:
            try:
                return getattr(super(), method)(*arguments, **options)
            except RedisError:
                self._away_until = time.monotonic() + _AWAY_SECONDS
        return getattr(self._memory, method)(*arguments, **options)

    def add(self, *arguments: Any, **options: Any) -> Any:
        return self._ask("add", *arguments, **options)

    def get(self, *arguments: Any, **options: Any) -> Any:
        return self._ask("get", *arguments, **options)

    def set(self, *arguments: Any, **options: Any) -> Any:
        return self._ask("set", *arguments, **options)

    def touch(self, *arguments: Any, **options: Any) -> Any:
        return self._ask("touch", *arguments, **options)

    def delete(self, *arguments: Any, **options: Any) -> Any:
        return self._ask("delete", *arguments, **options)

    def get_many(self, *arguments: Any, **options: Any) -> Any:
        return self._ask("get_many", *arguments, **options)

    def has_key(self, *arguments: Any, **options: Any) -> Any:
        return self._ask("has_key", *arguments, **options)

    def incr(self, *arguments: Any, **options: Any) -> Any:
        return self._ask("incr", *arguments, **options)

    def set_many(self, *arguments: Any, **options: Any) -> Any:
        return self._ask("set_many", *arguments, **options)

    def delete_many(self, *arguments: Any, **options: Any) -> Any:
        return self._ask("delete_many", *arguments, **options)

    def clear(self) -> Any:
        return self._ask("clear")

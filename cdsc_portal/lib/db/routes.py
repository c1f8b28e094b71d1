"""The databases beside the primary: a replica that readings may come from, and the server itself behind a pool."""

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.backends.base.base import BaseDatabaseWrapper

REPLICA, SESSIONS = "replica", "sessions"


class Router:
    """Everything stays at the primary: what may be read elsewhere says so by itself (`datahub.store.store_reads`)."""

    def allow_migrate(self, db: str, app_label: str, **_hints: object) -> bool:
        return db == DEFAULT_DB_ALIAS


def has_replica() -> bool:
    return REPLICA in connections.settings


def session_connection() -> BaseDatabaseWrapper:
    """For locks that last longer than a transaction: a pool that parts sessions by transaction would lose them."""
    return connections[SESSIONS if SESSIONS in connections.settings else DEFAULT_DB_ALIAS]

"""The one place that reads the time, so that tests can freeze it and a service has one `at`."""

from datetime import UTC, datetime


def now() -> datetime:
    """The current instant, aware, in UTC."""
    return datetime.now(UTC)

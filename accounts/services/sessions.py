"""Rows of sessions that are over."""

from datetime import datetime

from accounts.models import Session


def delete_dead_sessions(*, at: datetime) -> int:
    """Delete the sessions that ended before `at`; how many."""
    return Session.objects.filter(expires__lte=at).delete()[0]

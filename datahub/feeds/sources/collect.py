"""Looks at the sources that are due: one at a time each, a failing source backs off and stops no other."""

from datetime import datetime, timedelta

import structlog
from django.db import InterfaceError, OperationalError

from accounts.models import ClosedKind
from accounts.services.closing import reopen_matter
from cdsc_portal.lib.db.advisory_locks import session_lock
from cdsc_portal.lib.http.public_connections import HostNotReachedError
from cdsc_portal.lib.time import clock
from datahub.feeds.sources.base import SourceProblemError
from datahub.feeds.sources.folder import collect_folder
from datahub.feeds.sources.https import collect_https
from datahub.feeds.sources.sftp import collect_sftp
from datahub.models import FeedSource, SourceKind

log = structlog.get_logger(__name__)
_SOURCE_LOCKS = 0x05EED  # first key of the advisory locks, the second is the source
_SETTLE = timedelta(seconds=15)  # until the second look at a file
_LONGEST_PAUSE = timedelta(hours=12)
_RESULTS = (
    "etag", "last_modified", "last_sha256", "last_look", "next_look", "last_run", "failures", "problem",
)  # fmt: skip
_COLLECTORS = {
    SourceKind.FOLDER: collect_folder,
    SourceKind.HTTPS: collect_https,
    SourceKind.SFTP: collect_sftp,
}


def due_sources(*, at: datetime) -> list[int]:
    """Keys of the active sources to be looked at, the longest overdue first."""
    due = FeedSource.objects.filter(active=True, next_look__lte=at)
    return list(due.order_by("next_look", "pk").values_list("pk", flat=True))


def collect(*, source_id: int) -> None:
    """Look at a source if it is due and nobody else does; what it brings or why it fails is kept with it.

    Raises OperationalError where the database went away: the source stays due.
    """
    with session_lock(_SOURCE_LOCKS, source_id) as held:
        if not held:
            return
        at = clock.now()
        due = FeedSource.objects.filter(pk=source_id, active=True, next_look__lte=at)
        source = due.select_related("feed").first()
        if source is not None:
            _collect_due(source, at)


def look_soon(*, source: FeedSource, at: datetime) -> None:
    """Make the source due, whatever its pause."""
    FeedSource.objects.filter(pk=source.pk).update(next_look=at)


def _collect_due(source: FeedSource, at: datetime) -> None:
    pause = timedelta(minutes=source.every_minutes)
    try:
        collected = _COLLECTORS[SourceKind(source.kind)](source, at=at)
    except (SourceProblemError, HostNotReachedError) as error:
        _back_off(source, at, str(error))
    except (OperationalError, InterfaceError):
        raise
    except Exception as error:  # a source that fails must not stop the others
        log.exception("feed_source.failed", source=source.public_id)
        _back_off(source, at, f"Unexpected {type(error).__name__}; the log has the details.")
    else:
        if source.problem:
            reopen_matter(kind=ClosedKind.SOURCE, key=source.pk)
        source.next_look = at + (min(pause, _SETTLE) if collected.is_settling else pause)
        source.failures, source.problem = 0, "\n".join(collected.problems)
        source.last_run = collected.last_run or source.last_run
    source.last_look = at
    results = {name: getattr(source, name) for name in _RESULTS}
    # nothing is written where staff changed the source's address meanwhile
    FeedSource.objects.filter(pk=source.pk, feed=source.feed_id, address=source.address).update(**results)


def _back_off(source: FeedSource, at: datetime, problem: str) -> None:
    """Each failure in a row doubles the pause, up to _LONGEST_PAUSE."""
    source.failures = min(source.failures + 1, 1_000)
    pause = timedelta(minutes=source.every_minutes) * 2 ** min(source.failures, 10)
    source.next_look = at + min(pause, max(_LONGEST_PAUSE, timedelta(minutes=source.every_minutes)))
    source.problem = problem
    log.warning("feed_source.failed", source=source.public_id, failures=source.failures)

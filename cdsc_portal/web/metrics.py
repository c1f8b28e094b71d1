"""GET /metrics: what processes counted and how the server stands, in Prometheus' text format (decision 75).

For METRICS_NETWORKS alone; to everybody else there is nothing at this address.
"""

import os
from collections.abc import Iterator, Mapping
from datetime import datetime
from ipaddress import ip_address

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.models import Max
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe
from django_celery_beat.models import PeriodicTask
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, Metric, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector

from cdsc_portal.background import SILENT_AFTER
from cdsc_portal.lib.db.months import months_ahead
from cdsc_portal.lib.runtime.worker_signs import last_signs
from cdsc_portal.lib.time import clock
from consent.api.gated import remote_address
from consent.pages.staff_figures import mail_figures
from datahub.feeds.runs.feed_status import feed_figures

_TABLES = 10  # the largest ones
_SIZES = """
    SELECT relname, pg_total_relation_size(oid) FROM pg_class
    WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace ORDER BY relpages DESC LIMIT %s
"""


@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Nine statements, however much there is; a database that does not answer is a figure too."""
    address = remote_address(request)
    if address is None or not any(ip_address(address) in network for network in settings.METRICS_NETWORKS):
        raise Http404
    counted = REGISTRY
    if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        counted = CollectorRegistry()
        MultiProcessCollector(counted)
    standing = CollectorRegistry()
    standing.register(_Standing())
    return HttpResponse(
        generate_latest(counted) + generate_latest(standing),
        content_type=CONTENT_TYPE_LATEST,
        headers={"Cache-Control": "no-store"},
    )


class _Standing:
    """Figures of the whole server, read from the database and the cache at the moment of the call."""

    def collect(self) -> Iterator[Metric]:
        at = clock.now()
        try:
            yield from list(_of_database(at))
            answers = 1
        except DatabaseError:
            answers = 0
        yield GaugeMetricFamily("cdsc_database_answers", "1 where the figures below could be read", answers)
        yield _by(
            "cdsc_queue_silent_seconds",
            "Since a worker last served the queue; two days at most",
            "queue",
            {queue: _age(last, at) for queue, last in last_signs(SILENT_AFTER).items()},
        )


def _of_database(at: datetime) -> Iterator[Metric]:
    feeds = feed_figures(at=at)
    yield _by(
        "cdsc_feed_runs", "Runs that are not over, and those begun in the last day", "status", feeds.runs
    )
    yield _by(
        "cdsc_feed_age_seconds",
        "Since a file of the feed was last loaded whole",
        "feed",
        {name: _age(last, at) for name, last in feeds.last_done.items()},
    )
    yield _by(
        "cdsc_feed_late_seconds",
        "Since a file of the feed was expected by its rhythm; negative before",
        "feed",
        {name: _age(due, at) for name, due in feeds.due.items()},
    )
    yield _gauge("cdsc_feed_sources_failing", "Sources whose last look failed", feeds.failing_sources)
    yield _gauge("cdsc_parked_readings", "Readings of meters that nobody knows", feeds.parked_readings)
    mail = mail_figures(at=at)
    yield _gauge("cdsc_mail_waiting", "Mails that wait for two minutes or longer", mail.waiting)
    yield _gauge("cdsc_mail_failed", "Mails that could not be sent yet", mail.failed)
    last_tick = PeriodicTask.objects.aggregate(last=Max("last_run_at"))["last"]
    yield _gauge("cdsc_beat_silent_seconds", "Since beat last sent a task", _age(last_tick, at))
    yield _by(
        "cdsc_partitions_ahead",
        "Coming months that have their partition already",
        "table",
        months_ahead(at.date()),
    )
    with connection.cursor() as cursor:
        cursor.execute(_SIZES, [_TABLES])
        yield _by(
            "cdsc_table_bytes", "Size of the largest tables with indexes", "table", dict(cursor.fetchall())
        )


def _age(last: datetime | None, at: datetime) -> float:
    """Seconds; infinite where it never was."""
    return (at - last).total_seconds() if last else float("inf")


def _gauge(name: str, words: str, value: float) -> Metric:
    return GaugeMetricFamily(name, words, value)


def _by(name: str, words: str, label: str, values: Mapping[str, float]) -> Metric:
    family = GaugeMetricFamily(name, words, labels=[label])
    for each, value in values.items():
        family.add_metric([each], value)
    return family

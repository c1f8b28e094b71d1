"""Background work of the data hub. A lost message loses nothing: runs live in the database and are swept."""

from datetime import date

import structlog
from celery import Task, shared_task
from django.conf import settings
from django.db import transaction
from django.db.models.signals import post_save
from django.dispatch import receiver
from django.utils.timezone import localdate

from accounts.models import MeterDevice, User
from cdsc_portal.lib.time import clock
from datahub.downloads.services import delete_old_downloads, prepare_download, stranded_downloads
from datahub.feeds.runs import retention
from datahub.feeds.runs.life_cycle import stranded_runs
from datahub.feeds.runs.parked import end_waiting, load_arrived, waits_for
from datahub.feeds.runs.run_executor import execute_due_runs
from datahub.feeds.sources.collect import collect, due_sources
from datahub.mix.recomputing.marks import mark_changed_use
from datahub.mix.recomputing.recompute import recompute_next
from datahub.portfolio.rows import prepare_portfolio
from datahub.signals import download_waiting, meters_arrived, portfolio_wanted, run_waiting
from datahub.store.partitions import ensure_coming_partitions
from datahub.store.upkeep import cluster_settled_months, drop_set_aside, set_aside_old_readings
from datahub.usage.exports.stream import counted_stream
from datahub.usage.pages import notices
from datahub.usage.summed_months import sum_closed_months

log = structlog.get_logger(__name__)


@shared_task
def run_feed(run_id: int) -> None:
    """Execute a feed run; sent twice, the second finds nothing to do."""
    execute_due_runs(run_id=run_id)


@shared_task
def sweep_feed_runs() -> int:
    """Send runs again whose message or worker was lost; beat runs it."""
    stranded = stranded_runs(at=clock.now())
    for run_id in stranded:
        run_feed.delay(run_id)
    return len(stranded)


@shared_task
def collect_files() -> int:
    """Look at each feed source that is due, each in a task of its own; beat runs it."""
    due = due_sources(at=clock.now())
    for source_id in due:
        collect_from_source.apply_async([source_id], expires=60)  # it is due again by then
    return len(due)


@shared_task
def collect_from_source(source_id: int) -> None:
    """Look at one source; sent twice, the second finds it locked or not due any more."""
    collect(source_id=source_id)


@shared_task
def load_parked_readings() -> int:
    """Load what waited for a meter that is known now; beat runs it too, for messages that were lost."""
    return load_arrived(at=clock.now())


@shared_task
def end_parked_readings() -> int:
    """Reject readings whose meter did not come in time; beat runs it."""
    return end_waiting(days=settings.PARKED_READINGS_DAYS, at=clock.now())


@shared_task
def make_partitions() -> int:
    """Make the coming months' partitions of the interval store; beat runs it."""
    return ensure_coming_partitions(today=localdate(clock.now()))


@shared_task
def cluster_months() -> int:
    """Put settled months of the interval store in order; beat runs it."""
    return len(cluster_settled_months(at=clock.now()))


@shared_task
def sum_months() -> int:
    """Sum the channels of closed months, and those that loads changed since; beat runs it."""
    return sum_closed_months(at=clock.now())


@shared_task
def set_aside_readings() -> int:
    """Set aside the months that the policy keeps no longer, then drop what was set aside; beat runs it."""
    at = clock.now()
    set_aside_old_readings(years=settings.READINGS_KEPT_YEARS, at=at)
    return drop_set_aside(at=at, archive=settings.ARCHIVE_REMOVED_MONTHS)


@shared_task
def delete_old_rows() -> int:
    """Delete feed files, rejected rows and open releases that the rules keep no longer; beat runs it."""
    return retention.delete_old_rows(at=clock.now())


@shared_task
def compute_mix() -> int:
    """Compute the days whose generation mix is due, a few in each transaction; beat runs it."""
    mark_changed_use(at=clock.now())
    done = 0
    while days := recompute_next(at=clock.now()):
        done += days
    return done


@shared_task
def write_download(download_id: int) -> None:
    """Write a customer's file; sent twice, the second finds nothing to do."""
    prepare_download(download_id=download_id, stream=counted_stream)


@shared_task
def sweep_downloads() -> int:
    """Send files again whose message or worker was lost, and those that wait for space; beat runs it."""
    stranded = stranded_downloads(at=clock.now())
    for download_id in stranded:
        write_download.delay(download_id)
    return len(stranded)


@shared_task
def delete_downloads() -> int:
    """Delete customers' files that have expired; beat runs it."""
    return delete_old_downloads(at=clock.now())


@shared_task
def compute_portfolio(user_id: int, month: str) -> None:
    """Compute the lines of a portfolio before they are asked for; without a worker the page does."""
    user = User.objects.filter(pk=user_id, is_active=True).first()
    if user is not None:
        prepare_portfolio(user=user, month=date.fromisoformat(month), at=clock.now())


@shared_task
def tell_of_use() -> int:
    """Tell of use above what is usual and of missing readings, who wants it; beat runs it."""
    return notices.tell_of_use(at=clock.now())


@receiver(download_waiting, dispatch_uid="write_waiting_download")
def write_waiting_download(*, download_id: int, **_news: object) -> None:
    _send(write_download, download_id, failed="download.not_announced")


@receiver(portfolio_wanted, dispatch_uid="compute_wanted_portfolio")
def compute_wanted_portfolio(*, user_id: int, month: str, **_news: object) -> None:
    _send(compute_portfolio, user_id, month, failed="portfolio.not_announced")


@receiver(run_waiting, dispatch_uid="start_waiting_run")
def start_waiting_run(*, run_id: int, **_news: object) -> None:
    _send(run_feed, run_id, failed="feed_run.not_announced")


@receiver(post_save, sender=MeterDevice, dispatch_uid="look_for_parked_readings")
def look_for_parked_readings(*, instance: MeterDevice, **_news: object) -> None:
    """Readings may wait for a meter that staff added or renumbered."""
    number = instance.meter_number
    transaction.on_commit(lambda: waits_for(meter_number=number) and meters_arrived.send(sender=MeterDevice))


@receiver(meters_arrived, dispatch_uid="load_what_was_parked")
def load_what_was_parked(**_news: object) -> None:
    _send(load_parked_readings, failed="parked_readings.not_announced")


def _send(task: Task, *arguments: int | str, failed: str) -> None:
    """Send a task to a worker; without a broker the sweep sends it later, and `failed` is logged."""
    try:
        task.apply_async(args=arguments, retry=False)
    except Exception as error:  # whatever the broker raises: the row is stored
        log.warning(failed, error=type(error).__name__)

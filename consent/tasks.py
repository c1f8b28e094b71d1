"""Background work of consent. A lost message loses nothing: each task finds its work in the database."""

from celery import shared_task
from django.conf import settings

from cdsc_portal.lib.time import clock
from consent.oauth.tokens import delete_expired
from consent.services import retention
from consent.services.access_requests import delete_undecided
from consent.services.reminders import remind_of_ends, send_yearly_lists, tell_of_new_readers
from consent.services.revoke import expire_grants as end_grants
from consent.services.revoke import mark_partial_grants
from consent.services.third_parties import refused_calls
from consent.services.third_parties.attachments import delete_orphans
from consent.services.third_parties.renew_links import renew_links
from consent.services.third_parties.unused_registrations import delete_unused


@shared_task
def expire_grants() -> int:
    """Record the end of grants whose time is over, and of parts of others; beat runs it."""
    at = clock.now()
    return end_grants(at=at) + mark_partial_grants(at=at)


@shared_task
def remind() -> int:
    """Tell of sharing that ends in 30 and in 7 days; beat runs it."""
    return remind_of_ends(at=clock.now())


@shared_task
def tell_new_readers() -> int:
    """Tell of companies that read for the first time; beat runs it."""
    return tell_of_new_readers(at=clock.now())


@shared_task
def list_once_a_year() -> int:
    """Tell who can read, once a year where no end was agreed; beat runs it."""
    return send_yearly_lists(at=clock.now())


@shared_task
def delete_undecided_requests() -> int:
    """Delete requests that nobody decided, once their time is long over; beat runs it."""
    return delete_undecided(at=clock.now())


@shared_task
def delete_unused_registrations() -> int:
    """Delete registrations by program that were never used; beat runs it."""
    return delete_unused(at=clock.now())


@shared_task
def delete_dead_tokens() -> int:
    """Delete codes and tokens that can open nothing any more; beat runs it."""
    return delete_expired(at=clock.now())


@shared_task
def delete_old_disclosures() -> int:
    """Delete months of disclosures that need not be kept any more; beat runs it."""
    return retention.delete_old_disclosures(at=clock.now(), archive=settings.ARCHIVE_REMOVED_MONTHS)


@shared_task
def delete_refused_calls() -> int:
    """Delete the counts of refused calls that nobody is shown any more; beat runs it."""
    return refused_calls.delete_old(at=clock.now())


@shared_task
def delete_ended_grants() -> int:
    """Delete grants that ended ten years ago, with their history; beat runs it."""
    return retention.delete_ended_grants(at=clock.now())


@shared_task
def close_unused_logins() -> int:
    """Blank people who have had nothing to log in for; beat runs it."""
    return retention.close_unused_logins(at=clock.now())


@shared_task
def renew_links_of_steps() -> int:
    """Follow links of registration steps that are over by fresh ones; beat runs it."""
    return renew_links(at=clock.now())


@shared_task
def delete_orphaned_attachments() -> int:
    """Delete files that no message has; beat runs it."""
    return delete_orphans(at=clock.now())

"""Background work of consent. A lost message loses nothing: each task finds its work in the database."""

import structlog
from celery import shared_task
from django.dispatch import receiver

from cdsc_portal.lib import clock
from consent.oauth.tokens import delete_expired
from consent.services.ask import delete_undecided
from consent.services.outbox import send_waiting_mail
from consent.services.reminders import remind_of_ends, send_yearly_lists
from consent.services.revoke import expire_grants as end_grants
from consent.signals import mail_written

log = structlog.get_logger(__name__)


@shared_task
def send_mail() -> int:
    """Send the mail that waits in the outbox; beat runs it too, for what a lost message left behind."""
    return send_waiting_mail(at=clock.now())


@shared_task
def expire_grants() -> int:
    """Record the end of grants whose time is over; beat runs it."""
    return end_grants(at=clock.now())


@shared_task
def remind() -> int:
    """Tell of sharing that ends in 30 and in 7 days; beat runs it."""
    return remind_of_ends(at=clock.now())


@shared_task
def list_once_a_year() -> int:
    """Tell who can read, once a year where no end was agreed; beat runs it."""
    return send_yearly_lists(at=clock.now())


@shared_task
def delete_undecided_requests() -> int:
    """Delete requests that nobody decided, once their time is long over; beat runs it."""
    return delete_undecided(at=clock.now())


@shared_task
def delete_dead_tokens() -> int:
    """Delete codes and tokens that can open nothing any more; beat runs it."""
    return delete_expired(at=clock.now())


@receiver(mail_written, dispatch_uid="send_written_mail")
def wake_sender(**_news: object) -> None:
    """Ask a worker to send now. With no broker the mail waits for the sweep."""
    try:
        send_mail.apply_async(retry=False)
    except Exception as error:  # any broker, any failure: the decision stands
        log.warning("mail.not_announced", error=type(error).__name__)

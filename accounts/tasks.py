"""Background work of accounts. A lost message loses nothing: the task finds its work in the database."""

import structlog
from celery import shared_task
from django.dispatch import receiver

from accounts.mail import invitations  # noqa: F401 - writes invitations when they are sent
from accounts.mail.queue import send_waiting_mail, waits
from accounts.services import retention
from accounts.services.roles import end_owners_after_notice
from accounts.services.sessions import delete_dead_sessions
from accounts.services.sign_in_locks import delete_old_tries
from accounts.signals import mail_written
from cdsc_portal.lib.db.months import make_coming_months
from cdsc_portal.lib.http.call_limits import forget_calls
from cdsc_portal.lib.runtime.worker_signs import note_sign
from cdsc_portal.lib.time import clock

log = structlog.get_logger(__name__)


@shared_task
def send_interactive_mail() -> int:
    """Send the codes and links that somebody waits for, then have other mail sent that is due; beat runs it too, for
    what a lost message left behind."""
    at = clock.now()
    sent = send_waiting_mail(at=at, logins_only=True)
    if waits(at=at):
        wake_mail_sender(opens_login=False)
    return sent


@shared_task
def send_mail() -> int:
    """Send all mail that waits in the queue."""
    return send_waiting_mail(at=clock.now())


@shared_task
def forget_old_tries() -> int:
    """Delete counts of wrong passwords and codes, and of calls, that limit nothing any more; beat runs it."""
    at = clock.now()
    return delete_old_tries(at=at) + forget_calls(before=at)


@shared_task
def forget_dead_sessions() -> int:
    """Delete the rows of sessions that ended; beat runs it."""
    return delete_dead_sessions(at=clock.now())


@shared_task
def make_months() -> int:
    """Make the coming months of partitioned tables; beat runs it."""
    return make_coming_months(today=clock.now().date())


@shared_task
def delete_old_rows() -> int:
    """Delete mail, help cases, log and proof that the rules keep no longer; beat runs it."""
    return retention.delete_old_rows(at=clock.now())


@shared_task
def end_noticed_owners() -> int:
    """End the roles of owners whose 14 days' notice is over; beat runs it."""
    return end_owners_after_notice(at=clock.now())


@shared_task
def note_worker(queue: str) -> None:
    """Say that a worker serves `queue`; beat sends one through each queue."""
    note_sign(queue, at=clock.now())


@receiver(mail_written, dispatch_uid="send_written_mail")
def wake_mail_sender(*, opens_login: bool, **_news: object) -> None:
    """Ask a worker to send now. With no broker the mail waits for the sweep."""
    try:
        (send_interactive_mail if opens_login else send_mail).apply_async(retry=False)
    except Exception as error:  # any broker, any failure: what was decided stands, the page goes on
        log.warning("mail.not_announced", error=type(error).__name__)

"""Background work of accounts. A lost message loses nothing: the task finds its work in the database."""

import structlog
from celery import shared_task
from django.dispatch import receiver

from accounts.services.invitations import send_due_invitations
from accounts.services.sessions import delete_dead_sessions
from accounts.services.sign_in_locks import delete_old_tries
from accounts.services.sign_in_mail import send_sign_in_mail
from accounts.sign_in.invitation import invitation_url
from accounts.signals import invitations_due, sign_in_mail_written
from cdsc_portal.lib import clock
from cdsc_portal.lib.call_limits import forget_calls
from cdsc_portal.lib.worker_signs import note_sign

log = structlog.get_logger(__name__)


@shared_task
def send_invitations() -> int:
    """Send the invitations that are due; beat runs it too, for what a lost message left behind."""
    return send_due_invitations(link_for=invitation_url, at=clock.now())


@shared_task
def send_mail_about_logins() -> int:
    """Send the codes, links and notices of sign-in that wait; beat runs it too."""
    return send_sign_in_mail(at=clock.now())


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
def note_worker(queue: str) -> None:
    """Say that a worker serves `queue`; beat sends one through each queue."""
    note_sign(queue, at=clock.now())


@receiver(invitations_due, dispatch_uid="send_due_invitations")
def wake_sender(**_news: object) -> None:
    """Ask a worker to send now. With no broker the invitations wait for the sweep."""
    try:
        send_invitations.apply_async(retry=False)
    except Exception as error:  # any broker, any failure: the user is added all the same
        log.warning("invitation.not_announced", error=type(error).__name__)


@receiver(sign_in_mail_written, dispatch_uid="send_mail_about_logins")
def wake_sign_in_sender(**_news: object) -> None:
    """Ask a worker to send now: somebody waits for a code. With no broker the sweep sends it."""
    try:
        send_mail_about_logins.apply_async(retry=False)
    except Exception as error:  # any broker, any failure: the page goes on
        log.warning("sign_in_mail.not_announced", error=type(error).__name__)

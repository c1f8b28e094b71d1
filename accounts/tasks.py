"""Background work of accounts. A lost message loses nothing: the task finds its work in the database."""

import structlog
from celery import shared_task
from django.dispatch import receiver

from accounts.services.invitations import send_due_invitations
from accounts.sign_in.invitation import invitation_url
from accounts.signals import invitations_due
from cdsc_portal.lib import clock

log = structlog.get_logger(__name__)


@shared_task
def send_invitations() -> int:
    """Send the invitations that are due; beat runs it too, for what a lost message left behind."""
    return send_due_invitations(link_for=invitation_url, at=clock.now())


@receiver(invitations_due, dispatch_uid="send_due_invitations")
def wake_sender(**_news: object) -> None:
    """Ask a worker to send now. With no broker the invitations wait for the sweep."""
    try:
        send_invitations.apply_async(retry=False)
    except Exception as error:  # any broker, any failure: the user is added all the same
        log.warning("invitation.not_announced", error=type(error).__name__)

"""Links to the pages of steps end, and are followed by a message with a fresh one (R-48)."""

from datetime import datetime
from functools import partial

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from cdsc_portal.lib.runtime.each import for_each
from consent.mail.client_messages import notify
from consent.models import Message, MessageStatus, MessageType
from consent.services.third_parties.register import LINK_LIFE
from consent.services.third_parties.threads import lock_registration


def renew_links(*, at: datetime) -> int:
    """Answer each request of a step whose link is over, and which is open still, with one of its type; how many.

    Each in its own transaction; one that fails stops no other. Raises SomeFailed once all were tried.
    """
    return for_each("message.link_not_renewed", _over(at).order_by("pk"), partial(_renew, at=at))


def _over(at: datetime) -> QuerySet[Message]:
    newer = Message.objects.filter(step=OuterRef("step"), type=OuterRef("type"), pk__gt=OuterRef("pk"))
    return Message.objects.filter(~Exists(newer), link_expires__lte=at, status=MessageStatus.OPEN)


@transaction.atomic
def _renew(message: Message, *, at: datetime) -> bool:
    lock_registration(message.registration_id)
    message = Message.objects.select_related("registration", "step", "first").get(pk=message.pk)
    if not _over(at).filter(pk=message.pk).exists():
        return False
    notify(
        registration=message.registration,
        previous=message,
        subject=message.name,
        text=message.description,
        at=at,
        kind=MessageType(message.type),
        status=MessageStatus.OPEN,
        related_type=message.related_type,
        amount=message.amount,
        currency=message.currency,
        step=message.step,
        link_expires=at + LINK_LIFE,
    )
    return True

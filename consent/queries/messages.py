"""Messages of one registration, as its third party reads them."""

from collections.abc import Collection

from django.db.models import Q, QuerySet

from consent.models import Message, MessageAttachment, MessageStatus

# the three lists, which overlap
LISTS: dict[str, Q] = {
    "outstanding": Q(status__in=(MessageStatus.OPEN, MessageStatus.PENDING)),
    "unread": Q(read=False),
    "read": Q(read=True),
}


def messages_of(*, registration: int, ids: Collection[str] = ()) -> QuerySet[Message]:
    """With what their wire form needs; `ids` narrow them (R-180). Two queries, of files nothing but their rows."""
    messages = Message.objects.filter(registration=registration).select_related(
        "previous", "creator", "grant", "step"
    )
    if ids:
        messages = messages.filter(public_id__in=ids)
    return messages.prefetch_related("attachments")


def attachment_of(*, registration: int, message: str, attachment: str) -> MessageAttachment | None:
    """One file of the registration's, by the public ids of its message and itself."""
    return MessageAttachment.objects.filter(
        message__registration=registration, message__public_id=message, public_id=attachment
    ).first()

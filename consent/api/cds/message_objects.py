"""A message as its third party reads it (R-94 to R-118)."""

from base64 import b64encode

from cdsc_portal.lib.json.encoder import instant, number
from consent.api.cds import endpoints
from consent.api.cds.shapes import AttachmentObject, MessageObject
from consent.models import Message, MessageAttachment, MessageType
from consent.services.third_parties.attachments import content_of
from consent.step_links import step_address

_WITH_UPDATES = frozenset(
    {MessageType.FIELD_CHANGES, MessageType.SERVER_REQUEST, MessageType.CLIENT_SUBMISSION}
)


def message_object(message: Message) -> MessageObject:
    """Its members; `messages_of` fetches what they need. Files are read, each whole, into `attachments`."""
    members: MessageObject = {
        "message_id": message.public_id,
        "uri": endpoints.MESSAGE.url(message_id=message.public_id),
        "previous_uri": (
            endpoints.MESSAGE.url(message_id=message.previous.public_id) if message.previous else None
        ),
        "type": message.type,
        "read": message.read,
        "creator": message.creator.client_id if message.creator else None,
        "created": instant(message.created),
        "modified": instant(message.modified),
        "status": message.status,
        "name": message.name,
        "description": message.description,
    }
    if message.type in _WITH_UPDATES:
        members["updates_requested"] = message.updates_requested
    if message.type == MessageType.GRANT_REQUEST:
        members["grants_requested"] = message.grants_requested
    if attachments := message.attachments.all():
        members["attachments"] = [_attachment(message, each) for each in attachments]
    uri, kind = _related(message)
    if uri:
        members["related_uri"], members["related_type"] = uri, kind
    if message.amount is not None:
        members["amount"], members["currency"] = number(message.amount), message.currency
    return members


def attached_bytes(message: Message) -> int:
    """How many bytes its files have together."""
    return sum(attachment.size for attachment in message.attachments.all())


def _attachment(message: Message, attachment: MessageAttachment) -> AttachmentObject:
    """As the specification has it, and where the file itself is, with its size and digest."""
    return {
        "filename": attachment.filename,
        "mime_type": attachment.mime_type,
        "data": b64encode(content_of(attachment)).decode(),
        "uri": endpoints.MESSAGE_ATTACHMENT.url(
            message_id=message.public_id, attachment_id=attachment.public_id
        ),
        "size": attachment.size,
        "sha256": attachment.digest,
    }


def _related(message: Message) -> tuple[str, str]:
    """Where a message leads and what is there (R-102, R-113); "" where it leads nowhere."""
    if message.related_uri:
        return message.related_uri, message.related_type or "more_info"
    if message.grant is not None:
        return endpoints.GRANT.url(grant_id=message.grant.public_id), "grant"
    if message.step is not None and message.related_type:
        return step_address(message), message.related_type
    return "", ""

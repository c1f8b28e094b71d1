"""Files that come with messages: checked, and kept apart from the row under a name of our own (R-118, R-129)."""

import base64
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import PurePosixPath

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from cdsc_portal.lib.text.one_line import is_one_line
from consent.models import Message, MessageAttachment
from consent.services.third_parties.client_values import ValueRefused
from consent.services.third_parties.file_contents import PDF, ContentRefused, check_pdf, image_type

MOST_BYTES = 10 * 1024 * 1024  # of all files of a message together, decoded (B-16)
MOST_FILES = 20
UNKNOWN_TYPE = "application/octet-stream"
_LONGEST_NAME = 255
_TYPE = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,60}/[a-z0-9][a-z0-9!#$&^_.+-]{0,37}")
_FOLDER = "attachments"
_WRITTEN_NOW = timedelta(days=1)  # a file may stand before its row for as long as a call takes
_MEMBER = "attachments"


class AttachmentsTooLarge(ValueError):  # noqa: N818 - what happened to them
    """The files of a message have more than MOST_BYTES together."""

    def __init__(self) -> None:
        super().__init__(f"{_MEMBER}: at most {MOST_BYTES} bytes together, decoded")


@dataclass(frozen=True, slots=True)
class SentAttachment:
    """A file as it was sent; its content fits its type."""

    filename: str
    mime_type: str
    content: bytes


def read_attachments(sent: object) -> list[SentAttachment]:
    """The files of a message on the wire. Raises ValueRefused, or AttachmentsTooLarge before anything is decoded."""
    if sent is None:
        return []
    if not isinstance(sent, list) or len(sent) > MOST_FILES:
        raise ValueRefused(_MEMBER, f"it must be a list of at most {MOST_FILES} objects")
    encoded = []
    for each in sent:
        if not isinstance(each, dict) or not isinstance(each.get("data"), str):
            raise ValueRefused(_MEMBER, "each must be an object with filename, mime_type and data as texts")
        encoded.append(each["data"])
    if sum(3 * (len(text) // 4) - text[-2:].count("=") for text in encoded) > MOST_BYTES:
        raise AttachmentsTooLarge
    return [
        check_attachment(each.get("filename"), each.get("mime_type"), _decoded(text))
        for each, text in zip(sent, encoded, strict=True)
    ]


def check_attachment(filename: object, mime_type: object, content: bytes) -> SentAttachment:
    """A file under the name and type that its sender gave it, the type by content where none is given.

    Raises ValueRefused: the name has parts of a path or signs that cannot be seen, or the content is not of the type.
    """
    if not isinstance(filename, str) or not filename.strip() or len(filename) > _LONGEST_NAME:
        raise ValueRefused(_MEMBER, f"filename: it must be a text of at most {_LONGEST_NAME} characters")
    if not is_one_line(filename) or re.search(r"[/\\]", filename) or not filename.strip(". "):
        raise ValueRefused(_MEMBER, "filename: it must be a name without a path, on one line")
    if mime_type is not None and not (isinstance(mime_type, str) and _TYPE.fullmatch(mime_type.lower())):
        raise ValueRefused(_MEMBER, "mime_type: it must be a media type such as application/pdf")
    named = mime_type.lower() if mime_type else _type_by_content(content)
    try:
        if named.startswith("image/") and image_type(content) != named:
            raise ContentRefused("it is another kind of image")
        if named == PDF:
            check_pdf(content)
    except ContentRefused as refused:
        raise ValueRefused(_MEMBER, f"{named}: {refused}") from refused
    return SentAttachment(filename.strip(), named, content)


def store_attachments(message: Message, attachments: Sequence[SentAttachment]) -> None:
    """Keep the files of a message that is being written. A file whose transaction is rolled back is deleted by
    `delete_orphans`.
    """
    for each in attachments:
        row = MessageAttachment(
            message=message,
            filename=each.filename,
            mime_type=each.mime_type,
            size=len(each.content),
            digest=hashlib.sha256(each.content).hexdigest(),
        )
        row.file.save(row.public_id, ContentFile(each.content), save=False)
        row.save(force_insert=True)


def content_of(attachment: MessageAttachment) -> bytes:
    with attachment.file.open("rb") as file:
        return bytes(file.read())


def delete_orphans(*, at: datetime) -> int:
    """Delete files that no message has, as an error or a kill leaves them, once they are a day old; how many."""
    old = [name for name in _stored(_FOLDER) if default_storage.get_modified_time(name) < at - _WRITTEN_NOW]
    known = set(MessageAttachment.objects.filter(file__in=old).values_list("file", flat=True))
    orphans = [name for name in old if name not in known]
    for name in orphans:
        default_storage.delete(name)
    return len(orphans)


def _stored(folder: str) -> list[str]:
    if not default_storage.exists(folder):
        return []
    folders, names = default_storage.listdir(folder)
    below = [name for each in folders for name in _stored(str(PurePosixPath(folder, each)))]
    return [*below, *(str(PurePosixPath(folder, name)) for name in names)]


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except ValueError as error:
        raise ValueRefused(_MEMBER, "data: it is no Base64") from error


def _type_by_content(content: bytes) -> str:
    """A PDF or an image is known by its content; else the type is unknown (R-118)."""
    try:
        return image_type(content)
    except ContentRefused:
        pass
    try:
        check_pdf(content)
    except ContentRefused:
        return UNKNOWN_TYPE
    return PDF

"""The Messages API: what a utility and a third party tell each other (R-94 to R-134)."""

from typing import Any

from django.http import HttpResponse
from django.utils.http import content_disposition_header

from consent.api.cds import endpoints
from consent.api.cds.calls import AdminCall, admin_endpoint, not_here
from consent.api.cds.documents import json_answer
from consent.api.cds.listing import ParameterRefused, listed_words, newest_first
from consent.api.cds.message_bodies import read_draft
from consent.api.cds.message_objects import attached_bytes, message_object
from consent.api.cds.problems import Refused
from consent.models import Client, Message, Registration
from consent.queries.messages import LISTS, attachment_of, messages_of
from consent.services.third_parties.attachments import MOST_BYTES, AttachmentsTooLarge, content_of
from consent.services.third_parties.client_values import ValueRefused
from consent.services.third_parties.messages import set_read, write_message

_FILTERS = ("message_ids",)
_BODY_BYTES = MOST_BYTES * 4 // 3 + 1024 * 1024  # files as Base64, and texts beside them


def list_messages(call: AdminCall) -> HttpResponse:
    """The three lists, each newest change first and paged by itself (R-119, R-120, R-180, R-181).

    A link to a page of one list leaves the others empty. Two queries for each list.
    """
    wanted = call.query.get("list", "")
    if wanted and wanted not in LISTS or "page" in call.query and not wanted:
        raise ParameterRefused(f"list must be one of {', '.join(LISTS)}.")
    messages = messages_of(
        registration=call.access.registration_id, ids=listed_words(call.query, "message_ids")
    )
    members: dict[str, Any] = {}
    for name, condition in LISTS.items():
        if wanted in ("", name):
            page = newest_first(
                messages.filter(condition),
                call.query,
                by="modified",
                url=endpoints.MESSAGES.url(),
                filters=_FILTERS,
                part=(("list", name),),
                bytes_of=attached_bytes,
            )
            items, after, before = page.items, page.next, page.previous
        else:
            items, after, before = [], None, None
        members[name] = [message_object(message) for message in items]
        members[f"{name}_next"], members[f"{name}_previous"] = after, before
    return json_answer(members)


def post_message(call: AdminCall) -> HttpResponse:
    """Write to the utility: 201 with the whole message; 413 where its files are too large (R-127 to R-130)."""
    registration = call.access.registration_id
    try:
        written = write_message(
            registration=Registration.objects.get(pk=registration),
            draft=read_draft(call.body, registration=registration),
            creator=Client.objects.get(pk=call.access.client_id),
            at=call.at,
        )
    except AttachmentsTooLarge as too_large:
        raise Refused(413, "request_too_large", str(too_large)) from too_large
    except ValueRefused as refused:
        raise Refused(400, "invalid_request", str(refused)) from refused
    members = message_object(_own(call, written.public_id))
    return json_answer(members, status=201, headers={"Location": members["uri"]})


def get_message(call: AdminCall, message_id: str) -> HttpResponse:
    return json_answer(message_object(_own(call, message_id)))


def patch_message(call: AdminCall, message_id: str) -> HttpResponse:
    """Only `read` changes; other members are ignored (R-133)."""
    message = _own(call, message_id)
    if "read" in call.body:
        if not isinstance(call.body["read"], bool):
            raise Refused(400, "invalid_request", "read: it must be true or false")
        set_read(message=message, read=call.body["read"], at=call.at)
    return json_answer(message_object(_own(call, message_id)))


def get_attachment(call: AdminCall, message_id: str, attachment_id: str) -> HttpResponse:
    """The bytes of one file, always as a download: what it is its sender says."""
    attachment = attachment_of(
        registration=call.access.registration_id, message=message_id, attachment=attachment_id
    )
    if attachment is None:
        raise not_here()
    disposition = content_disposition_header(True, attachment.filename)
    return HttpResponse(
        content_of(attachment),
        content_type=attachment.mime_type,
        headers={"Content-Disposition": disposition or "attachment"},
    )


def _own(call: AdminCall, message_id: str) -> Message:
    message = messages_of(registration=call.access.registration_id, ids=[message_id]).first()
    if message is None:
        raise not_here()
    return message


messages = admin_endpoint(get=list_messages, post=post_message, body_bytes=_BODY_BYTES)
message = admin_endpoint(get=get_message, patch=patch_message)
attachment = admin_endpoint(get=get_attachment)

"""The body of a POST to the Messages API, each member checked (R-121 to R-126)."""

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.urls import reverse

from cdsc_portal.lib.text.one_line import is_one_line
from consent.api.cds import endpoints
from consent.models import Client, Message, MessageType
from consent.queries.messages import messages_of
from consent.queries.registration_objects import objects_of
from consent.services.third_parties.attachments import read_attachments
from consent.services.third_parties.client_values import ValueRefused, is_web_address, text_of
from consent.services.third_parties.messages import FIRST_STATUS, Draft

_LONGEST_NAME = 200
_LONGEST_TEXT = 10_000
_LONGEST_ADDRESS = 2000
_MOST_ENTRIES = 50
# what an address of the server's own leads to
_TYPES_OF_ADDRESSES = (
    (endpoints.CLIENT, "client_id", "client"),
    (endpoints.MESSAGE, "message_id", "message"),
    (endpoints.CREDENTIAL, "credential_id", "credential"),
    (endpoints.GRANT, "grant_id", "grant"),
)
_TYPES_OF_LISTS = (
    (endpoints.CLIENTS, "client_list"),
    (endpoints.MESSAGES, "message_list"),
    (endpoints.CREDENTIALS, "credential_list"),
    (endpoints.GRANTS, "grant_list"),
)
_WITH_TEXT = frozenset({MessageType.SUPPORT_REQUEST, MessageType.PRIVATE_MESSAGE})
_ABOUT_AN_OBJECT = frozenset({MessageType.PRODUCTION_REQUEST, MessageType.GRANT_REQUEST})


def read_draft(body: Mapping[str, Any], *, registration: int) -> Draft:
    """What `body` asks to be written for this registration. Raises ValueRefused naming the member at fault, or
    AttachmentsTooLarge. What the server sets, and what is not known here, is not read.
    """
    kind = _type(body)
    previous = _previous(body, registration)
    uri = _address(body, "related_uri")
    client = _object(uri, registration)
    if kind in _ABOUT_AN_OBJECT and not endpoints.CLIENT.part_of(uri, "client_id"):
        raise ValueRefused("related_uri", "it must be the cds_client_uri of an object")
    return Draft(
        type=kind,
        name=_name(body, kind),
        description=_description(body, kind),
        previous=previous,
        client=client,
        updates=_updates(body, kind),
        grants=_grants(body, kind, client),
        related_uri=uri,
        related_type=_type_of(uri) if uri else "",
        attachments=read_attachments(body.get("attachments")),
    )


def _type(body: Mapping[str, Any]) -> MessageType:
    value = text_of(body, "type")
    if value not in FIRST_STATUS:
        raise ValueRefused("type", f"it must be one of {', '.join(sorted(FIRST_STATUS))}")
    return MessageType(value)


def _previous(body: Mapping[str, Any], registration: int) -> Message | None:
    """The message answered, by its address; null or left out where there is none (B-5)."""
    uri = text_of(body, "previous_uri")
    if not uri:
        return None
    message_id = endpoints.MESSAGE.part_of(uri, "message_id")
    message = messages_of(registration=registration, ids=[message_id]).first() if message_id else None
    if message is None:
        raise ValueRefused("previous_uri", "it is the address of none of this registration’s messages")
    return message


def _object(uri: str, registration: int) -> Client | None:
    """The registration's own object at this address."""
    client_id = endpoints.CLIENT.part_of(uri, "client_id")
    return objects_of(registration=registration).filter(client_id=client_id).first() if client_id else None


def _name(body: Mapping[str, Any], kind: MessageType) -> str:
    name = text_of(body, "name").strip()
    if kind == MessageType.CLIENT_SUBMISSION and name:
        raise ValueRefused("name", "a submission has none; it must be an empty text")
    if kind in _WITH_TEXT and not name:
        raise ValueRefused("name", "it is missing: the subject")
    if len(name) > _LONGEST_NAME or not is_one_line(name):
        raise ValueRefused("name", f"it must be one line of at most {_LONGEST_NAME} characters")
    return name


def _description(body: Mapping[str, Any], kind: MessageType) -> str:
    text = text_of(body, "description").strip()
    if kind == MessageType.CLIENT_SUBMISSION and text:
        raise ValueRefused("description", "a submission has none; it must be an empty text")
    if kind in _WITH_TEXT and not text:
        raise ValueRefused("description", "it is missing: the text")
    if len(text) > _LONGEST_TEXT:
        raise ValueRefused("description", f"at most {_LONGEST_TEXT} characters")
    return text


def _address(values: Mapping[str, Any], member: str) -> str:
    uri = text_of(values, member)
    if uri and (len(uri) > _LONGEST_ADDRESS or not is_web_address(uri)):
        raise ValueRefused(member, "it must be an address that begins with https:// or http://")
    return uri


def _entries(body: Mapping[str, Any], member: str, *, wanted: bool) -> list[dict[str, Any]]:
    """The objects of a list, which only messages that are made of it have."""
    entries = body.get(member) or []
    if not isinstance(entries, list) or not all(isinstance(each, dict) for each in entries):
        raise ValueRefused(member, "it must be a list of objects")
    if entries and not wanted:
        raise ValueRefused(member, "messages of this type have none")
    if len(entries) > _MOST_ENTRIES:
        raise ValueRefused(member, f"at most {_MOST_ENTRIES} of them")
    return entries


def _updates(body: Mapping[str, Any], kind: MessageType) -> list[dict[str, Any]]:
    """Answers of a submission, each in `description` or `uri` (R-124)."""
    member = "updates_requested"
    updates = []
    for entry in _entries(body, member, wanted=kind == MessageType.CLIENT_SUBMISSION):
        field, text, uri = text_of(entry, "field"), text_of(entry, "description"), _address(entry, "uri")
        if not field or not (text.strip() or uri):
            raise ValueRefused(member, "each has a field, and its answer in description or uri")
        if len(field) > _LONGEST_NAME or len(text) > _LONGEST_TEXT:
            raise ValueRefused(member, f"a description has at most {_LONGEST_TEXT} characters")
        name = text_of(entry, "name")[:_LONGEST_NAME]
        answer = {"field": field, "name": name, "description": text}
        updates.append({**answer, "uri": uri} if uri else answer)
    return updates


def _grants(body: Mapping[str, Any], kind: MessageType, client: Client | None) -> list[dict[str, Any]]:
    """Grants that a request asks for (R-125), of the object's own scopes and types (R-117)."""
    member = "grants_requested"
    entries = _entries(body, member, wanted=kind == MessageType.GRANT_REQUEST)
    if kind == MessageType.GRANT_REQUEST and not entries:
        raise ValueRefused(member, "it is missing")
    grants = []
    for entry in entries:
        scope, details = text_of(entry, "scope"), entry.get("authorization_details")
        if not isinstance(entry.get("scope"), str) or not isinstance(details, list):
            raise ValueRefused(member, "each has a scope, and authorization_details, which may be []")
        if not (scope.split() or details) or len(details) > _MOST_ENTRIES:
            raise ValueRefused(member, "each asks for a scope or has details")
        types = [detail.get("type") if isinstance(detail, dict) else None for detail in details]
        if not all(isinstance(each, str) for each in types):
            raise ValueRefused(member, "each of authorization_details is an object with a type")
        if client is not None and not {*scope.split(), *types} <= set(client.allowed_scopes):
            raise ValueRefused(member, "scopes and types are those of the object at related_uri")
        grants.append({"scope": scope, "authorization_details": details})
    return grants


def _type_of(uri: str) -> str:
    """The `related_type` of an address that a third party names (B-10)."""
    for endpoint, part, kind in _TYPES_OF_ADDRESSES:
        if endpoint.part_of(uri, part):
            return kind
    for endpoint, kind in _TYPES_OF_LISTS:
        if uri.partition("?")[0] == endpoint.url():
            return kind
    return "documentation" if uri.startswith(settings.PUBLIC_URL + reverse("docs")) else "more_info"

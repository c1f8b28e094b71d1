"""How objects of these APIs look: the functions that make them are typed by these, and the OpenAPI document is made of
them. A docstring of a member is its `Annotated` text.
"""

from collections.abc import Iterable, Mapping
from types import NoneType, UnionType
from typing import (
    Annotated,
    Any,
    Literal,
    NotRequired,
    TypedDict,
    Union,
    get_args,
    get_origin,
    get_type_hints,
)

Schema = dict[str, Any]
_PLAIN: Mapping[Any, Schema] = {
    str: {"type": "string"},
    int: {"type": "integer"},
    bool: {"type": "boolean"},
    NoneType: {"type": "null"},
    Any: {},
}
_MOMENT: Schema = {"type": "string", "format": "date-time"}
_DETAILS: Schema = {
    "type": "array",
    "items": {"type": "object", "properties": {"type": {"type": "string"}}, "required": ["type"]},
}
Moment = Annotated[Any, _MOMENT]  # a text, or an instant that the encoder writes
MomentOrNull = Annotated[Any, {"anyOf": [_MOMENT, {"type": "null"}]}]
Details = Annotated[Any, _DETAILS]  # as bytes of JSON that the database made, or as a list
_STATUS: Schema = {"enum": ["production", "sandbox", "disabled"]}
_MESSAGE_TYPE: Schema = {
    "enum": [
        "notification", "private_message", "support_request", "field_changes", "request_update", "client_submission",
        "production_request", "grant_request", "server_request", "payment_request", "online_form_request",
        "pdf_form_request",
    ]
}  # fmt: skip
_MESSAGE_STATUS: Schema = {"enum": ["complete", "open", "pending", "rejected", "errored"]}
Url = Annotated[str, {"format": "uri"}]


class ClientObject(TypedDict):
    """An object of a third party. Its values of registration fields stand beside these, under their `field_name`."""

    client_id: Annotated[str, "Its id."]
    client_id_issued_at: Annotated[int, "When it was made, in Unix seconds."]
    scope: Annotated[str, "What it may ask for, parted by spaces."]
    redirect_uris: Annotated[list[str], "Where customers may be sent back to."]
    grant_types: Annotated[list[str], "Ways to a token."]
    response_types: Annotated[list[str], "Empty where it asks no customers."]
    contacts: Annotated[list[str], "How to reach the third party."]
    token_endpoint_auth_method: Annotated[str | None, "How it proves who it is; null: it never does."]
    client_name: Annotated[str, "What customers read."]
    authorization_details_types: Annotated[list[str], "Types of details that it may ask for."]
    cds_created: Annotated[Moment, "When it was made."]
    cds_modified: Annotated[Moment, "When it last changed."]
    cds_client_uri: Annotated[Url, "Its address."]
    cds_status: Annotated[str, _STATUS, "Whom it may ask: everybody, test customers, nobody."]
    cds_status_options: Annotated[list[str], "What the third party may set."]
    cds_server_metadata: Annotated[Url, "The server's metadata for this object."]
    cds_default_scope: NotRequired[Annotated[str, "Of a request without a scope."]]
    cds_default_redirect_uri: NotRequired[Annotated[str, "Of a request without a redirect address."]]
    cds_default_authorization_details: NotRequired[Annotated[Details, "Of a request without details."]]
    client_uri: NotRequired[Annotated[str, "Its website."]]
    logo_uri: NotRequired[Annotated[str, "Its logo."]]
    tos_uri: NotRequired[Annotated[str, "Its terms."]]
    policy_uri: NotRequired[Annotated[str, "Its privacy policy."]]


class CredentialObject(TypedDict):
    """A secret of an object."""

    credential_id: Annotated[str, "Its id."]
    client_id: Annotated[str, "The object that it proves."]
    uri: Annotated[Url, "Its address."]
    created: Annotated[Moment, "When it was made."]
    modified: Annotated[Moment, "When it last changed."]
    type: Annotated[Literal["client_secret"], "Its kind."]
    client_secret: Annotated[
        str | None, "The secret; null of one that is older than this API and was not used since."
    ]
    client_secret_expires_at: Annotated[int, "When it ends, in Unix seconds; 0: never."]


class GrantObject(TypedDict):
    """What a customer or the utility allows an object."""

    grant_id: Annotated[str, "Its id."]
    uri: Annotated[Url, "Its address."]
    replacing: Annotated[list[str], "Grants that it took the place of."]
    replaced_by: Annotated[list[str], "Grants that took its place."]
    parent: Annotated[str | None, "The grant that it is a part of."]
    children: Annotated[list[str], "Grants that are parts of it."]
    created: Annotated[Moment, "When it was made."]
    modified: Annotated[Moment, "When it last changed."]
    not_before: Annotated[MomentOrNull, "When it begins."]
    not_after: Annotated[MomentOrNull, "When it ends."]
    eta: Annotated[MomentOrNull, "When it may be ready, while it is pending."]
    expires: Annotated[MomentOrNull, "When access ends; null: it does not."]
    status: Annotated[str, "One of the fourteen states."]
    client_id: Annotated[str, "The object that it is issued to."]
    scope: Annotated[str, "What it is for, parted by spaces."]
    authorization_details: Annotated[Details, "In addition to the scope."]
    receipt_confirmations: Annotated[list[str], "Numbers that customers got."]
    enabled_scope: Annotated[str, "What it opens now, parted by spaces."]
    enabled_authorization_details: Annotated[Details, "What it opens now."]


class FileObject(TypedDict):
    """A file that the utility provides."""

    file_id: Annotated[str, "Its id."]
    name: Annotated[str, "What it is called."]
    mime_type: Annotated[str, "Its media type."]
    description: Annotated[str, "What it is; empty where nobody said."]
    uri: Annotated[Url, "Its address."]
    download_uri: Annotated[Url, "Where its bytes are."]
    created: Annotated[Moment, "When it was uploaded."]
    modified: Annotated[Moment, "When it last changed."]
    size: Annotated[int, "In bytes."]


class AttachmentObject(TypedDict):
    """A file of a message."""

    filename: Annotated[str, "What its sender called it."]
    mime_type: Annotated[str, "Its media type."]
    data: Annotated[str, {"contentEncoding": "base64"}, "Its bytes as Base64."]
    uri: Annotated[Url, "Where its bytes are."]
    size: Annotated[int, "In bytes."]
    sha256: Annotated[str, "Its digest."]


class MessageObject(TypedDict):
    """What the utility and a third party tell each other."""

    message_id: Annotated[str, "Its id."]
    uri: Annotated[Url, "Its address."]
    previous_uri: Annotated[str | None, "The message that it answers."]
    type: Annotated[str, _MESSAGE_TYPE, "What it is."]
    read: Annotated[bool, "Whether the third party has read it."]
    creator: Annotated[str | None, "The object whose program wrote it; null: nobody's."]
    created: Annotated[Moment, "When it was written."]
    modified: Annotated[Moment, "When it last changed."]
    status: Annotated[str, _MESSAGE_STATUS, "Whose turn it is, or how it ended."]
    name: Annotated[str, "Its subject."]
    description: Annotated[str, "Its text."]
    updates_requested: NotRequired[Annotated[list[Any], "Values that it asks for, tells or answers."]]
    grants_requested: NotRequired[Annotated[list[Any], "Grants that it asks for."]]
    attachments: NotRequired[Annotated[list[AttachmentObject], "Its files."]]
    related_uri: NotRequired[Annotated[str, "Where it leads."]]
    related_type: NotRequired[Annotated[str, "What is there."]]
    amount: NotRequired[Annotated[Any, {"type": "number"}, "What is to be paid."]]
    currency: NotRequired[Annotated[str, "ISO 4217."]]


class CoverageObject(TypedDict):
    """An area or group that the server covers."""

    id: Annotated[str, "Its id, which never changes."]
    created: Annotated[Moment, "When it was first published."]
    updated: Annotated[Moment, "When it last changed."]
    entity_name: Annotated[str, "Whose it is."]
    entity_abbreviation: Annotated[str | None, "The short name of that."]
    country: Annotated[str, {"pattern": "^[A-Z]{2}$"}, "Whose laws hold."]
    name: Annotated[str, "Its name."]
    description: NotRequired[Annotated[str, "A short text."]]
    type: Annotated[str, "geographic or logical."]
    role: Annotated[str, "What the server is to it."]
    infrastructure_types: Annotated[list[str], "What the entity runs."]
    commodity_types: Annotated[list[str], "What it delivers."]
    capabilities: Annotated[list[str], "What can be done here."]
    map_resource: NotRequired[Annotated[str, "The address of a map."]]
    map_content_type: NotRequired[Annotated[str, "The media type of the map."]]
    geojson_resource: NotRequired[Annotated[str, "The address of an outline, WGS 84."]]


class ServerMetadata(TypedDict):
    """Where everything about a server begins."""

    cds_metadata_version: Annotated[Literal["v1"], "The version of this form."]
    cds_metadata_url: Annotated[Url, "The address of this document."]
    created: Annotated[Moment, "Since when it is there."]
    updated: Annotated[Moment, "When it last changed."]
    name: Annotated[str, "The utility."]
    description: Annotated[str, "A short text about it."]
    website: Annotated[Url, "For its users."]
    documentation: Annotated[Url, "For developers."]
    support: Annotated[Url, "For developers with a question."]
    capabilities: Annotated[list[str], "What it offers."]
    coverage: NotRequired[Annotated[str, "The coverage listing."]]
    related_metadata: NotRequired[Annotated[list[str], "Documents of related servers."]]
    oauth_metadata: Annotated[Url, "The authorization server's document."]


class SandboxDecision(TypedDict):
    """What a decision as a test customer led to."""

    redirect_uri: Annotated[str, "Where the browser would have been sent, with the code or the error."]
    grant_id: Annotated[str | None, "The grant of an approval."]


class SandboxGrant(TypedDict):
    """A grant after its test customer changed it."""

    grant_id: Annotated[str, "Its id."]
    status: Annotated[str, "Its state."]
    scope: Annotated[str, "What is left."]
    authorization_details: Annotated[Details, "What is left, in detail."]


def schema_of(kind: Any) -> Schema:  # noqa: ANN401 - a type
    """The JSON Schema of a type of this module: of a TypedDict its members, with those that must be there."""
    origin, arguments = get_origin(kind), get_args(kind)
    if origin is None and kind in _PLAIN:
        return dict(_PLAIN[kind])
    if origin is Annotated:
        schema = schema_of(arguments[0])
        for more in arguments[1:]:
            schema |= {"description": more} if isinstance(more, str) else more
        return schema
    if origin is NotRequired:
        return schema_of(arguments[0])
    if origin is Literal:
        return {"type": "string", "enum": list(arguments)}
    if origin is list:
        return {"type": "array", "items": schema_of(arguments[0])}
    if origin in (Union, UnionType):
        return {"anyOf": [schema_of(each) for each in arguments]}
    return {
        "type": "object",
        "description": (kind.__doc__ or "").strip().splitlines()[0],
        "properties": {
            name: schema_of(member) for name, member in get_type_hints(kind, include_extras=True).items()
        },
        "required": sorted(kind.__required_keys__),
    }


def listing_of(member: str, item: Any) -> Schema:  # noqa: ANN401 - a type
    """The schema of a page of such objects."""
    link = {"anyOf": [{"type": "string", "format": "uri"}, {"type": "null"}]}
    return {
        "type": "object",
        "properties": {
            member: {"type": "array", "items": {"$ref": f"#/components/schemas/{item.__name__}"}},
            "next": {**link, "description": "The page after this; null: there is none."},
            "previous": {**link, "description": "The page before this; null: there is none."},
        },
        "required": [member, "next", "previous"],
    }


def lists_of(names: Iterable[str], item: Any) -> Schema:  # noqa: ANN401 - a type
    """The schema of several lists in one answer, each with links of its own."""
    parts = {name: listing_of(name, item)["properties"] for name in names}
    properties = {
        **{name: part[name] for name, part in parts.items()},
        **{f"{name}_{link}": part[link] for name, part in parts.items() for link in ("next", "previous")},
    }
    words = {name: f"Those that are {name}." for name in parts}
    properties |= {name: {**properties[name], "description": text} for name, text in words.items()}
    return {"type": "object", "properties": properties, "required": sorted(properties)}

"""The OpenAPI document of these APIs: addresses and methods as they are served, objects as `shapes` declares them."""

import inspect
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import resolve
from django.views.decorators.http import require_safe

from cdsc_portal.lib.json.encoder import dumps
from consent.api.cds import (
    clients,
    coverage,
    credentials,
    endpoints,
    grants,
    messages,
    provided_files,
    sandbox,
    server_metadata,
)
from consent.api.cds.calls import WRITES
from consent.api.cds.registration import registration
from consent.api.cds.shapes import (
    ClientObject,
    CoverageObject,
    CredentialObject,
    FileObject,
    GrantObject,
    MessageObject,
    SandboxDecision,
    SandboxGrant,
    Schema,
    ServerMetadata,
    listing_of,
    lists_of,
    schema_of,
)
from consent.api.cds.summaries import SUMMARIES
from consent.queries.messages import LISTS
from consent.services.third_parties.messages import FIRST_STATUS

_OBJECTS = (
    ClientObject, CoverageObject, CredentialObject, FileObject, GrantObject, MessageObject, SandboxDecision,
    SandboxGrant, ServerMetadata,
)  # fmt: skip
_TEXT, _JSON, _PROBLEM = {"type": "string"}, "application/json", "application/problem+json"
_PART = re.compile(r"<slug:(\w+)>")
_REFUSAL: Schema = {
    "type": "object",
    "description": "What was wrong, for programs and for people.",
    "properties": {
        "error": {**_TEXT, "description": "The code; /docs/errors/ has each."},
        "error_description": {**_TEXT, "description": "What was wrong, in words."},
    },
    "required": ["error", "error_description"],
}
_PROBLEM_SCHEMA: Schema = {
    "allOf": [{"$ref": "#/components/schemas/Refusal"}],
    "type": "object",
    "description": "RFC 9457.",
    "properties": {
        "type": {**_TEXT, "description": "The page about the code."},
        "title": {**_TEXT, "description": "The status in words."},
        "status": {"type": "integer", "description": "The status."},
        "detail": {**_TEXT, "description": "What was wrong, in words."},
        "code": {**_TEXT, "description": "The code."},
    },
    "required": ["type", "title", "status", "detail", "code"],
}


@dataclass(frozen=True, slots=True)
class _Declared:
    """An operation: the schema of its answer (None: bytes), statuses beside 200, members of its body."""

    answer: Schema | None
    statuses: tuple[int, ...] = (200,)
    body: Mapping[str, Schema] = field(default_factory=dict)
    required: tuple[str, ...] = ()


def _object(kind: type) -> Schema:
    return {"$ref": f"#/components/schemas/{kind.__name__}"}


_CLIENT, _GRANT = (schema_of(kind)["properties"] for kind in (ClientObject, GrantObject))
# by the function that makes the answer; one that is not here answers with some object
_DECLARED: dict[Callable[..., Any], _Declared] = {
    clients.list_clients: _Declared(listing_of("clients", ClientObject)),
    clients.get_client: _Declared(_object(ClientObject)),
    clients.put_client: _Declared(_object(ClientObject), (200, 202), _CLIENT),
    credentials.list_credentials: _Declared(listing_of("credentials", CredentialObject)),
    credentials.post_credential: _Declared(
        _object(CredentialObject), (201,), {"client_id": _TEXT}, ("client_id",)
    ),
    credentials.get_credential: _Declared(_object(CredentialObject)),
    credentials.patch_credential: _Declared(
        _object(CredentialObject), body={"client_secret_expires_at": {"type": "integer"}}
    ),
    messages.list_messages: _Declared(lists_of(LISTS, MessageObject)),
    messages.post_message: _Declared(
        _object(MessageObject),
        (201,),
        {
            "type": {"type": "string", "enum": sorted(FIRST_STATUS)},
            "previous_uri": {"anyOf": [_TEXT, {"type": "null"}]},
            "name": _TEXT,
            "description": _TEXT,
            **{name: {"type": "array"} for name in ("updates_requested", "grants_requested", "attachments")},
            "related_uri": _TEXT,
        },
        ("type", "name", "description"),
    ),
    messages.get_message: _Declared(_object(MessageObject)),
    messages.patch_message: _Declared(_object(MessageObject), body={"read": {"type": "boolean"}}),
    messages.get_attachment: _Declared(None),
    grants.list_grants: _Declared(listing_of("grants", GrantObject)),
    grants.get_grant: _Declared(_object(GrantObject)),
    grants.patch_grant: _Declared(
        _object(GrantObject),
        body={
            "status": {"type": "string", "enum": ["closed"]},
            "scope": _TEXT,
            "authorization_details": _GRANT["authorization_details"],
        },
    ),
    provided_files.list_files: _Declared(listing_of("files", FileObject)),
    provided_files.get_file: _Declared(_object(FileObject)),
    provided_files.get_content: _Declared(None, (200, 206, 304, 416)),
    sandbox.post_decision: _Declared(
        _object(SandboxDecision),
        (201,),
        {
            "client_id": _TEXT,
            "request_uri": _TEXT,
            "decision": {"type": "string", "enum": ["approve", "deny"]},
            "account": _TEXT,
        },
        ("client_id", "request_uri", "decision"),
    ),
    sandbox.patch_grant: _Declared(
        _object(SandboxGrant),
        body={"status": _TEXT, "scope": _TEXT, "services": {"type": "array", "items": _TEXT}},
    ),
    server_metadata.get_client_metadata: _Declared(_object(ServerMetadata)),
    server_metadata.server_metadata_document: _Declared(_object(ServerMetadata), (200, 301, 304)),
    coverage.coverage_listing: _Declared(listing_of("coverage_entries", CoverageObject), (200, 304)),
    coverage.coverage_map: _Declared(None, (200, 304)),
    coverage.coverage_geojson: _Declared(None, (200, 304)),
    registration: _Declared(
        {
            "allOf": [_object(ClientObject)],
            "properties": {"client_secret": _TEXT},
            "required": ["client_secret"],
        },
        (201,),
        {
            name: _CLIENT[name]
            for name in (
                "scope",
                "client_name",
                "contacts",
                "client_uri",
                "logo_uri",
                "tos_uri",
                "policy_uri",
            )
        },
        ("scope",),
    ),
}


@require_safe
def cds_schema(request: HttpRequest) -> HttpResponse:
    return HttpResponse(dumps(cds_document()), content_type="application/vnd.oai.openapi+json")


def cds_document() -> dict[str, Any]:
    """The document for this server's address. No query."""
    return _document(settings.PUBLIC_URL)


@lru_cache(maxsize=2)
def _document(public_url: str) -> dict[str, Any]:
    paths: dict[str, Any] = {}
    for endpoint in endpoints.all_endpoints():
        view = resolve("/" + _PART.sub("x", endpoint.route)).func
        paths["/" + _PART.sub(r"{\1}", endpoint.route)] = dict(_operations(endpoint, view))
    flow = {"tokenUrl": f"{public_url}/oauth/token/"}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "CDSC portal: registration and its APIs",
            "version": "1",
            "description": f"What a third party's program finds and steers. How to begin: {public_url}/docs/guide/.",
        },
        "servers": [{"url": public_url}],
        "tags": [
            {"name": "cds", "description": "Finding, registering and steering (CDS-WG1-01, CDS-WG1-02)."}
        ],
        "paths": paths,
        "components": {
            "schemas": {
                **{kind.__name__: schema_of(kind) for kind in _OBJECTS},
                "Refusal": _REFUSAL,
                "Problem": _PROBLEM_SCHEMA,
            },
            "securitySchemes": {
                scope: {"type": "oauth2", "flows": {"clientCredentials": {**flow, "scopes": {scope: ""}}}}
                for scope in ("cds_client_admin", "cds_grant_admin")
            },
        },
    }


def _operations(endpoint: endpoints.Endpoint, view: Any) -> list[tuple[str, dict[str, Any]]]:  # noqa: ANN401
    gate = getattr(view, "gate", None)
    if gate is not None:
        return [
            (method, _operation(endpoint, method, answer, scope=gate.scope))
            for method, answer in view.answers.items()
        ]
    method = "post" if view is registration else "get"
    return [(method, _operation(endpoint, method, view, scope=""))]


def _operation(
    endpoint: endpoints.Endpoint, method: str, answer: Callable[..., Any], *, scope: str
) -> dict[str, Any]:
    """`scope` opens it; "" where nothing has to."""
    declared = _DECLARED.get(answer, _Declared({"type": "object"}, (200, 201, 202)))
    operation_id = f"{endpoint.name}_{method}"
    is_plain = answer is registration
    refusals = [400, 401, 403, 404, 405, 429] if scope else [400, 404, 405, 429]
    if method in WRITES:
        refusals += [413, 415]
    operation: dict[str, Any] = {
        "operationId": operation_id,
        "summary": SUMMARIES[operation_id],
        "tags": ["cds"],
        "security": [{scope: [scope]}] if scope else [],
        "parameters": [*_path_parameters(endpoint), *_filters(answer, declared)],
        "responses": {
            **{
                str(status): _success(status, declared.answer)
                for status in declared.statuses
                if status != 416
            },
            **{
                str(status): _refused(status, plain=is_plain or _is_plain(method, status))
                for status in refusals
            },
        },
    }
    if 416 in declared.statuses:
        operation["responses"]["416"] = {
            "description": "The range begins behind the end.",
            "content": {_PROBLEM: {}},
        }
    if method in WRITES:
        body = {"type": "object", "properties": dict(declared.body), "required": list(declared.required)}
        operation["requestBody"] = {"required": True, "content": {_JSON: {"schema": body}}}
    return operation


def _is_plain(method: str, status: int) -> bool:
    """RFC 7592 has a form of its own for the body that replaces an object."""
    return method == "put" and status in (400, 413, 415)


def _path_parameters(endpoint: endpoints.Endpoint) -> list[Schema]:
    return [
        {
            "name": name,
            "in": "path",
            "required": True,
            "description": "The id.",
            "schema": {**_TEXT, "pattern": "^[-a-zA-Z0-9_]+$"},
        }
        for name in _PART.findall(endpoint.route)
    ]


def _filters(answer: Callable[..., Any], declared: _Declared) -> list[Schema]:
    """Those of a listing stand beside the function that answers it."""
    members = (declared.answer or {}).get("properties", {})
    if not any(name.endswith("next") for name in members):
        return []
    names = [*inspect.unwrap(answer).__globals__["_FILTERS"], "page"]
    return [
        {
            "name": name,
            "in": "query",
            "description": "A link's own; follow links as they are."
            if name == "page"
            else "Narrows the listing.",
            "schema": _TEXT,
        }
        for name in names
    ]


def _success(status: int, answer: Schema | None) -> Schema:
    if status in (301, 304):
        return {"description": "Elsewhere." if status == 301 else "As it was."}
    content = {_JSON: {"schema": answer}} if answer is not None else {"*/*": {}}
    words = {200: "The answer.", 201: "It was made.", 202: "Some of it waits for staff.", 206: "A part."}
    return {"description": words[status], "content": content}


def _refused(status: int, *, plain: bool) -> Schema:
    kind, name = (_JSON, "Refusal") if plain else (_PROBLEM, "Problem")
    return {
        "description": "Refused; the code says why.",
        "content": {kind: {"schema": {"$ref": f"#/components/schemas/{name}"}}},
    }

"""The API's OpenAPI document as frozen page objects, so that its pages are HTML of our own."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.urls import resolve
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from cdsc_portal.lib.json.encoder import dumps_indented
from consent.api.cds.openapi import cds_document
from datahub.api.openapi import api_document, feed_document

_REF = "$ref"


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of an operation; `where` is path, query or header."""

    name: str
    where: str
    type: str
    required: bool
    description: str


@dataclass(frozen=True, slots=True)
class Member:
    """One member of an object; `depth` counts the objects around it."""

    name: str
    type: str
    description: str
    depth: int


@dataclass(frozen=True, slots=True)
class Answer:
    """What one status means, in which forms it comes."""

    status: str
    description: str
    forms: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Operation:
    """One method of one address. `examples` are whole answers as JSON, each with its name."""

    id: str
    method: str
    path: str
    summary: str
    description: str
    group: str
    resource: str  # what a scope must open for it; "" where no scope does
    parameters: tuple[Parameter, ...]
    answers: tuple[Answer, ...]
    body: tuple[Member, ...]  # of the JSON that a call sends
    members: tuple[Member, ...]
    examples: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Group:
    """What one OpenAPI document describes. `schema` is the name of that document's address, `id` its anchor."""

    id: str
    title: str | Promise
    schema: str
    operations: tuple[Operation, ...]


def groups() -> tuple[Group, ...]:
    """Every operation that is served, by document and address. One query."""
    documents: tuple[tuple[str, str | Promise, str, Mapping[str, Any]], ...] = (
        ("data", _("Customers’ data"), "schema", api_document()),
        ("registration", _("Registration and its APIs"), "cds_schema", cds_document()),
        ("feeds", _("Files of feeds"), "feed_schema", feed_document()),
    )
    return tuple(
        Group(id_, title, schema, tuple(_operations(document))) for id_, title, schema, document in documents
    )


def operations() -> tuple[Operation, ...]:
    """Those of all groups, in their order. One query."""
    return tuple(operation for group in groups() for operation in group.operations)


def operations_opened_by(resources: tuple[str, ...]) -> tuple[Operation, ...]:
    """Those that a scope with these resources opens, in the order of the addresses."""
    return tuple(operation for operation in operations() if operation.resource in resources)


def _operations(document: Mapping[str, Any]) -> Iterator[Operation]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield _operation(path, method, operation, document["components"]["schemas"])


def _operation(path: str, method: str, operation: Mapping[str, Any], schemas: Mapping[str, Any]) -> Operation:
    responses = operation["responses"]
    success = next(response for status, response in responses.items() if status.startswith("2"))
    content = success.get("content", {}).get("application/json", {})
    view = resolve(path.replace("{", "").replace("}", "")).func
    return Operation(
        id=operation["operationId"],
        method=method.upper(),
        path=path,
        summary=operation.get("summary", ""),
        description=operation.get("description", ""),
        group=operation["tags"][0],
        resource=str(getattr(getattr(view, "cls", None), "resource", "")),
        parameters=tuple(
            Parameter(
                name=parameter["name"],
                where=parameter["in"],
                type=_type(parameter["schema"]),
                required=parameter.get("required", False),
                description=parameter.get("description", ""),
            )
            for parameter in operation.get("parameters", ())
        ),
        answers=tuple(
            Answer(status, response.get("description", ""), tuple(response.get("content", {})))
            for status, response in responses.items()
        ),
        body=tuple(_members(_body(operation), schemas)),
        members=tuple(_members(content.get("schema", {}), schemas)),
        examples=tuple(
            (example.get("summary", name), dumps_indented(example["value"]))
            for name, example in content.get("examples", {}).items()
            if "value" in example
        ),
    )


def _body(operation: Mapping[str, Any]) -> Mapping[str, Any]:
    schema: Mapping[str, Any] = (
        operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
    )
    return schema


def _members(schema: Mapping[str, Any], schemas: Mapping[str, Any], depth: int = 0) -> list[Member]:
    """Every member of an object and of the objects in it, as a reader meets them: of all forms it may have, in turn."""
    resolved = _resolve_reference(schema, schemas)
    members: list[Member] = []
    for variant in resolved.get("oneOf", ()):
        members += _members(variant, schemas, depth)
    for name, member_schema in resolved.get("properties", {}).items():
        target = _resolve_reference(member_schema, schemas)
        description = str(member_schema.get("description") or target.get("description", ""))
        members.append(Member(name, _type(member_schema, schemas), description, depth))
        members += _members(target.get("items", member_schema), schemas, depth + 1)
    return members


def _resolve_reference(schema: Mapping[str, Any], schemas: Mapping[str, Any]) -> Mapping[str, Any]:
    """What a reference, alone or as the only one of `allOf`, points at."""
    reference = schema["allOf"][0] if len(schema.get("allOf", ())) == 1 else schema
    if _REF not in reference:
        return reference
    target: Mapping[str, Any] = schemas[reference[_REF].rpartition("/")[2]]
    return target


def _type(schema_or_reference: Mapping[str, Any], schemas: Mapping[str, Any] | None = None) -> str:
    """A schema's type in a few words: `string or null`, `list of objects`, the values of a choice."""
    schema = _resolve_reference(schema_or_reference, schemas) if schemas else schema_or_reference
    if "enum" in schema:
        return ", ".join(str(value) for value in schema["enum"])
    choices = schema.get("oneOf") or schema.get("anyOf")
    if choices:
        return " or ".join(dict.fromkeys(_type(choice, schemas) for choice in choices))
    types = schema.get("type", "object")
    if types == "array":
        items = _type(schema.get("items", {}), schemas)
        return f"list of {items}s" if items in {"object", "string", "number", "integer"} else f"list: {items}"
    named = [types] if isinstance(types, str) else list(types)
    form = schema.get("format")
    return " or ".join(form if form and name != "null" else name for name in named)

"""The API's OpenAPI document as frozen page objects, so that its pages are HTML of our own."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.urls import resolve

from cdsc_portal.lib.json import dumps_indented
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
    members: tuple[Member, ...]
    examples: tuple[tuple[str, str], ...]


def operations() -> tuple[Operation, ...]:
    """Every operation of the API that is served, by address; those of feeds last. One query."""
    return tuple(
        _operation(path, method, operation, document["components"]["schemas"])
        for document in (api_document(), feed_document())
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    )


def operations_opened_by(resources: tuple[str, ...]) -> tuple[Operation, ...]:
    """Those that a scope with these resources opens, in the order of the addresses."""
    return tuple(operation for operation in operations() if operation.resource in resources)


def _operation(path: str, method: str, operation: Mapping[str, Any], schemas: Mapping[str, Any]) -> Operation:
    success = _success(operation["responses"])
    content = success.get("content", {}).get("application/json", {})
    return Operation(
        id=operation["operationId"],
        method=method.upper(),
        path=path,
        summary=operation.get("summary", ""),
        description=operation.get("description", ""),
        group=operation["tags"][0],
        resource=_resource(path),
        parameters=tuple(_parameter(one) for one in operation.get("parameters", ())),
        answers=tuple(_answer(status, one) for status, one in operation["responses"].items()),
        members=tuple(_members(content.get("schema", {}), schemas)),
        examples=_examples(content.get("examples", {})),
    )


def _success(responses: Mapping[str, Any]) -> Mapping[str, Any]:
    first: Mapping[str, Any] = next(one for status, one in responses.items() if status.startswith("2"))
    return first


def _resource(path: str) -> str:
    """The path's parameters stand for themselves: only the view behind it is looked up."""
    view = resolve(path.replace("{", "").replace("}", "")).func
    return str(getattr(getattr(view, "cls", None), "resource", ""))


def _parameter(said: Mapping[str, Any]) -> Parameter:
    return Parameter(
        name=said["name"],
        where=said["in"],
        type=_type(said["schema"]),
        required=said.get("required", False),
        description=said.get("description", ""),
    )


def _answer(status: str, said: Mapping[str, Any]) -> Answer:
    return Answer(status, said.get("description", ""), tuple(said.get("content", {})))


def _members(schema: Mapping[str, Any], schemas: Mapping[str, Any], depth: int = 0) -> list[Member]:
    """Every member of an object and of the objects in it, as a reader meets them: of all forms it may have, in turn."""
    followed = _followed(schema, schemas)
    found: list[Member] = []
    for form in followed.get("oneOf", ()):
        found += _members(form, schemas, depth)
    for name, said in followed.get("properties", {}).items():
        found.append(Member(name, _type(said, schemas), _described(said, schemas), depth))
        found += _members(_followed(said, schemas).get("items", said), schemas, depth + 1)
    return found


def _followed(schema: Mapping[str, Any], schemas: Mapping[str, Any]) -> Mapping[str, Any]:
    """What a reference, alone or as the only one of `allOf`, points at."""
    whole = schema["allOf"][0] if len(schema.get("allOf", ())) == 1 else schema
    if _REF not in whole:
        return whole
    target: Mapping[str, Any] = schemas[whole[_REF].rpartition("/")[2]]
    return target


def _described(said: Mapping[str, Any], schemas: Mapping[str, Any]) -> str:
    return str(said.get("description") or _followed(said, schemas).get("description", ""))


def _type(said: Mapping[str, Any], schemas: Mapping[str, Any] | None = None) -> str:
    """A schema's type in a few words: `string or null`, `list of objects`, the values of a choice."""
    schema = _followed(said, schemas) if schemas else said
    if "enum" in schema:
        return ", ".join(str(value) for value in schema["enum"])
    choices = schema.get("oneOf") or schema.get("anyOf")
    if choices:
        return " or ".join(dict.fromkeys(_type(one, schemas) for one in choices))
    types = schema.get("type", "object")
    if types == "array":
        items = _type(schema.get("items", {}), schemas)
        return f"list of {items}s" if items in {"object", "string", "number", "integer"} else f"list: {items}"
    named = [types] if isinstance(types, str) else list(types)
    form = schema.get("format")
    return " or ".join(form if form and name != "null" else name for name in named)


def _examples(examples: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    return tuple(
        (one.get("summary", name), dumps_indented(one["value"]))
        for name, one in examples.items()
        if "value" in one
    )

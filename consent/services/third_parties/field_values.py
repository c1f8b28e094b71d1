"""Values of registration fields, checked against their declaration (R-43); files by their content."""

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from cdsc_portal.lib.text.one_line import is_one_line
from consent.models import FieldType, RegistrationField
from consent.services.third_parties.client_values import ValueRefused, is_web_address
from consent.services.third_parties.file_contents import PDF, ContentRefused, check_pdf, image_type

MOST_BYTES = 5 * 1024 * 1024  # of a file, where its field says no less
MOST_LETTERS = 2000


@dataclass(frozen=True, slots=True)
class SentFile:
    """An image or PDF that was sent for a field."""

    field: RegistrationField
    mime_type: str
    content: bytes

    @property
    def digest(self) -> str:
        return hashlib.sha256(self.content).hexdigest()


@dataclass(frozen=True, slots=True)
class SentValues:
    """What was sent, by field id; files apart."""

    values: dict[str, Any]
    files: list[SentFile]


def read_field_values(
    sent: Mapping[str, Any], fields: Mapping[str, RegistrationField], *, required: set[str]
) -> SentValues:
    """The values of `fields`; where one is optional and left out, its default (R-41). Raises ValueRefused."""
    values: dict[str, Any] = {}
    files: list[SentFile] = []
    for field_id, field in fields.items():
        if field.type != FieldType.REGISTRATION_FIELD:
            continue
        if field.field_name not in sent:
            if field_id in required:
                raise ValueRefused(
                    field.field_name, "it is missing, and a scope of the registration needs it"
                )
            values[field_id] = field.default
            continue
        value = _checked(field, sent[field.field_name])
        if isinstance(value, SentFile):
            files.append(value)
        else:
            values[field_id] = value
    return SentValues(values, files)


def _checked(field: RegistrationField, value: Any) -> Any:  # noqa: ANN401 - any JSON
    kind = field.format.removesuffix("_or_null")
    if value is None:
        if kind == field.format:
            raise ValueRefused(field.field_name, "it must not be null")
        return None
    if kind == "boolean":
        if not isinstance(value, bool):
            raise ValueRefused(field.field_name, "it must be true or false")
        return value
    if not isinstance(value, str):
        raise ValueRefused(field.field_name, "it must be a text")
    if kind in ("image", "pdf"):
        return _file(field, kind, value)
    if not value.strip() or not is_one_line(value):
        raise ValueRefused(field.field_name, "it must be a text on one line")
    longest = field.max_length or MOST_LETTERS
    if len(value) > longest:
        raise ValueRefused(field.field_name, f"at most {longest} characters")
    if kind == "url" and not is_web_address(value):
        raise ValueRefused(field.field_name, "it must be an address that begins with https:// or http://")
    if kind == "email":
        try:
            validate_email(value)
        except ValidationError as error:
            raise ValueRefused(field.field_name, "it must be an e-mail address") from error
    return value


def _file(field: RegistrationField, kind: str, encoded: str) -> SentFile:
    most = min(field.max_size or MOST_BYTES, MOST_BYTES)
    if len(encoded) > 4 * (most // 3 + 2):
        raise ValueRefused(field.field_name, f"at most {most} bytes")
    try:
        content = base64.b64decode(encoded, validate=True)
    except ValueError as error:
        raise ValueRefused(field.field_name, "it is no Base64") from error
    if len(content) > most:
        raise ValueRefused(field.field_name, f"at most {most} bytes")
    try:
        if kind == "pdf":
            check_pdf(content)
        return SentFile(field, PDF if kind == "pdf" else image_type(content), content)
    except ContentRefused as refused:
        raise ValueRefused(field.field_name, str(refused)) from refused

"""A form's field for JSON that says "invalid" of all that cannot be read or stored."""

import json
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.forms.fields import InvalidJSONInput

from cdsc_portal.lib.json.reader import read_json


class StorableJSONField(forms.JSONField):
    """Django's own fails at members in members, at numbers of thousands of digits, and at a character 0."""

    def to_python(self, value: Any) -> Any:  # noqa: ANN401 - any JSON
        try:
            read = super().to_python(value)
            read_json(value if isinstance(value, str) and value else json.dumps(read))
        except (RecursionError, ValueError) as error:
            raise ValidationError(self.error_messages["invalid"], code="invalid") from error
        return read

    def bound_data(self, data: Any, initial: Any) -> Any:  # noqa: ANN401
        try:
            return super().bound_data(data, initial)
        except (RecursionError, ValueError):
            return InvalidJSONInput(data)

"""What registering asks for, as third parties find it: a RegistrationField of CDS-WG1-02 section 5."""

from typing import Any

from django.urls import reverse

from cdsc_portal.lib.json.encoder import number
from consent.models import FieldType, RegistrationField
from consent.oauth.redirects import issuer


def registration_field(field: RegistrationField, *, is_optional: bool) -> dict[str, Any]:
    """The members (R-38 to R-42); `is_optional` where some offer takes it without requiring it (P-5)."""
    members: dict[str, Any] = {
        "id": field.field_id,
        "type": field.type,
        "description": field.description,
        "documentation": field.documentation or issuer() + reverse("docs_support"),
    }
    if field.type == FieldType.REGISTRATION_FIELD:
        members |= {"field_name": field.field_name, "format": field.format}
        if is_optional:
            members["default"] = field.default
        limits = {"max_length": field.max_length, "max_size": field.max_size}
        members |= {name: limit for name, limit in limits.items() if limit is not None}
    if field.amount is not None:
        members |= {"amount": number(field.amount), "currency": field.currency}
    return members

"""The form by which a person registers a third party: what the metadata describes, as fields."""

import base64
from collections.abc import Iterable, Mapping
from typing import Any

from django import forms
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext_lazy as _

from cdsc_portal.lib.text.one_line import validate_one_line
from consent.models import FieldType, RegistrationField
from consent.queries.scope_offers import OfferedScope, offered_now, registration_fields
from consent.scopes.base import CLIENT_ADMIN
from consent.services.third_parties.client_values import LONGEST_NAME
from consent.services.third_parties.field_values import MOST_BYTES, MOST_LETTERS


class RegistrationForm(forms.Form):
    """Name and contact of a third party, what it wants to ask for, and what the utility wants to know.

    `registration_json` is the same request as a program sends it.
    """

    client_name = forms.CharField(
        label=_("Name of your company"), max_length=LONGEST_NAME, validators=[validate_one_line]
    )
    contact = forms.EmailField(label=_("E-mail address for questions"), max_length=LONGEST_NAME)
    client_uri = forms.URLField(
        label=_("Website"),
        required=False,
        max_length=200,
        assume_scheme="https",
        help_text=_("May stay empty."),
    )
    scopes = forms.MultipleChoiceField(
        label=_("What you want to ask customers for"), widget=forms.CheckboxSelectMultiple
    )

    def __init__(
        self,
        data: Mapping[str, Any] | None = None,
        files: "MultiValueDict[str, UploadedFile[Any]] | None" = None,
    ) -> None:
        super().__init__(data, files)
        offers = [offer for offer in offered_now(role=settings.UTILITY_ROLE) if offer.kind.response_types]
        self.fields["scopes"].choices = [(offer.id, _words(offer)) for offer in offers]  # type: ignore[attr-defined]
        self._required_by = {offer.id: set(offer.registration_requirements) for offer in offers}
        named = set[str]().union(
            *self._required_by.values(), *(offer.registration_optional for offer in offers)
        )
        self._values = [
            field for field in registration_fields(named) if field.type == FieldType.REGISTRATION_FIELD
        ]
        for field in self._values:
            self.fields[field.field_name] = _form_field(field)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        required = set[str]().union(*(self._required_by[name] for name in cleaned.get("scopes", ())))
        for field in self._values:
            is_empty = cleaned.get(field.field_name) in (None, "")
            if field.field_id in required and is_empty and field.field_name not in self.errors:
                self.add_error(field.field_name, _("What you want to ask for needs this."))
        return cleaned

    def registration_json(self) -> dict[str, Any]:
        """The members of the request; files as Base64. Only of a valid form."""
        cleaned = self.cleaned_data
        members: dict[str, Any] = {
            "scope": " ".join([CLIENT_ADMIN, *cleaned["scopes"]]),
            "client_name": cleaned["client_name"],
            "contacts": [cleaned["contact"]],
        }
        if cleaned["client_uri"]:
            members["client_uri"] = cleaned["client_uri"]
        for field in self._values:
            value = cleaned.get(field.field_name)
            if isinstance(value, UploadedFile):
                value = base64.b64encode(value.read()).decode()
            if value not in (None, ""):
                members[field.field_name] = value
        return members

    @property
    def own_fields(self) -> Iterable[forms.BoundField]:
        """The utility's own questions, in order."""
        return [self[field.field_name] for field in self._values]


def _words(offer: OfferedScope) -> str:
    return f"{offer.kind.name} ({offer.id})"


def _form_field(field: RegistrationField) -> forms.Field:
    """As its format has it; whether it is needed depends on what is ticked, so `clean` says so."""
    words: dict[str, Any] = {"label": field.description, "required": False}
    longest = min(field.max_length or MOST_LETTERS, MOST_LETTERS)
    match field.format.removesuffix("_or_null"):
        case "boolean":
            return forms.BooleanField(**words)
        case "email":
            return forms.EmailField(max_length=longest, **words)
        case "url":
            return forms.URLField(max_length=longest, assume_scheme="https", **words)
        case "image" | "pdf":
            return _UploadField(most_bytes=field.max_size or MOST_BYTES, **words)
        case _:
            return forms.CharField(max_length=longest, **words)


class _UploadField(forms.FileField):
    def __init__(self, *, most_bytes: int, **options: Any) -> None:
        super().__init__(**options)
        self.most_bytes = most_bytes

    def clean(self, data: Any, initial: Any = None) -> Any:
        file = super().clean(data, initial)
        if file and file.size > self.most_bytes:
            raise forms.ValidationError(
                _("The file is too large: at most %d kB are taken.") % (self.most_bytes // 1000)
            )
        return file

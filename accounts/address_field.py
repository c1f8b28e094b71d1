"""The field for an e-mail address, in every form of the portal."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.encoding import punycode
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.models import User

_LONGEST = User._meta.get_field("email").max_length
_MISSING = _("Enter your e-mail address.")
_INVALID = _("Enter an e-mail address like name@example.com.")


class AddressField(forms.EmailField):
    """An address that fits the database and that a mail can be sent to; in lower case, as logins are known by.

    `is_own`: of whoever fills in the form, so that the browser may offer it.
    """

    def __init__(self, *, missing: str | Promise = _MISSING, is_own: bool = True, **options: Any) -> None:
        words = {"required": missing, "invalid": _INVALID, "max_length": _INVALID}
        super().__init__(
            max_length=_LONGEST,
            error_messages=words,  # type: ignore[arg-type]  # lazy texts are taken
            widget=forms.EmailInput(attrs={"autocomplete": "email" if is_own else "off"}),
            **options,
        )

    def clean(self, value: Any) -> str:
        address: str = super().clean(value)
        try:
            punycode(address.rpartition("@")[2])  # as it is written into a mail
        except UnicodeError as error:
            raise ValidationError(_INVALID, code="invalid") from error
        return address.lower()

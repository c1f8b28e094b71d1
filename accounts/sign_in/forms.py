"""allauth's forms in this site's words: a label above each field, nothing inside it to vanish while typing."""

from allauth.account import forms as allauth_forms
from django import forms
from django.utils.translation import gettext_lazy as _

_LABELS = {
    "login": _("E-mail address"),
    "email": _("E-mail address"),
    "password": _("Password"),
    "oldpassword": _("Your password now"),
    "password1": _("New password"),
    "password2": _("New password once more"),
}


class _OurWords:
    """Rewords the fields of the form it is mixed into."""

    fields: dict[str, forms.Field]

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            field.label = _LABELS.get(name, field.label)
            field.widget.attrs.pop("placeholder", None)
            if isinstance(field, forms.EmailField):
                field.error_messages["required"] = _("Enter your e-mail address.")
                field.error_messages["invalid"] = _("Enter an e-mail address like name@example.com.")
            else:
                field.error_messages["required"] = _("Enter the password.")
            if name != "password1":  # which shows the rules; the others would link to the reset once more
                field.help_text = ""


class LoginForm(_OurWords, allauth_forms.LoginForm):
    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.fields["login"].widget.attrs["autocomplete"] = "username"


class ChangePasswordForm(_OurWords, allauth_forms.ChangePasswordForm):
    pass


class SetPasswordForm(_OurWords, allauth_forms.SetPasswordForm):
    pass


class ResetPasswordForm(_OurWords, allauth_forms.ResetPasswordForm):
    pass


class ResetPasswordKeyForm(_OurWords, allauth_forms.ResetPasswordKeyForm):
    pass


class ReauthenticateForm(_OurWords, allauth_forms.ReauthenticateForm):
    pass

"""What customers fill in about their accounts."""

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from accounts.own_names import LONGEST, cleaned_name

_LARGEST = 2 * 1024 * 1024  # bytes


class NameForm(forms.Form):
    """The customer's own name for one thing; empty takes it away."""

    name = forms.CharField(
        label=_("Name"),
        required=False,
        max_length=LONGEST,
        help_text=_(
            "For example “Shop on Main Street”. Leave it empty to go by the number. "
            "Companies that read your data do not see it."
        ),
    )

    def clean_name(self) -> str:
        try:
            return cleaned_name(self.cleaned_data["name"])
        except ValueError as error:
            raise forms.ValidationError(str(error)) from error


class NamesFileForm(forms.Form):
    """A list of names as a CSV file."""

    file = forms.FileField(
        label=_("Your list"),
        error_messages={
            "required": _("Choose a file."),
            "empty": _("The file is empty."),
        },
        widget=forms.ClearableFileInput(attrs={"accept": ".csv,text/csv,text/plain"}),
    )

    def clean_file(self) -> UploadedFile:
        file: UploadedFile = self.cleaned_data["file"]
        if file.size is None or file.size > _LARGEST:
            raise forms.ValidationError(_now("The file is larger than 2 MB."))
        return file

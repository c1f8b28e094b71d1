"""A form field for a file that goes with a message, checked as one that comes by API."""

from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from consent.services.third_parties.attachments import MOST_BYTES, SentAttachment, check_attachment
from consent.services.third_parties.client_values import ValueRefused


class AttachmentField(forms.FileField):
    """Gives a SentAttachment, or None where no file was chosen; `too_large` is said of one beyond `most_bytes`."""

    def __init__(
        self,
        *,
        most_bytes: int = MOST_BYTES,
        too_large: str | Promise = "",
        **options: Any,  # noqa: ANN401 - a FileField's
    ) -> None:
        super().__init__(**options)
        self.most_bytes = most_bytes
        self.too_large = too_large or _("The file is too large: at most 10 MB.")

    def clean(self, data: UploadedFile | None, initial: object = None) -> SentAttachment | None:
        file = super().clean(data, initial)
        if not isinstance(file, UploadedFile):
            return None
        if (file.size or 0) > self.most_bytes:
            raise forms.ValidationError(str(self.too_large))
        try:
            return check_attachment(file.name, file.content_type, file.read())
        except ValueRefused as refused:
            raise forms.ValidationError(
                _("The file cannot be taken. Its name must be plain, and its content what its type says.")
            ) from refused

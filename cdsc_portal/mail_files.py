"""Mail as files, for development: it holds names, codes and links that open things."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.mail.backends.filebased import EmailBackend

from cdsc_portal.lib.runtime import private_files


class PrivateEmailBackend(EmailBackend):
    """Django's own, whose files are for the user alone who runs the server."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - as Django hands them on
        private_files.make_folder(Path(settings.EMAIL_FILE_PATH))
        super().__init__(*args, **kwargs)

    def open(self) -> bool:
        """Whether this call opened the file."""
        if self.stream is not None:
            return False
        self.stream = private_files.open_file(self._get_filename(), "ab")
        return True

"""Files in a bucket that speaks S3. Only where `STORAGE_URL` says so is this loaded, and the library with it."""

from collections.abc import Iterator
from contextlib import contextmanager

from botocore.exceptions import BotoCoreError, ClientError
from django.core.files import File
from storages.backends.s3 import S3Storage


class ObjectStorage(S3Storage):
    """A bucket; what goes wrong there is an OSError, as in a folder."""

    def _open(self, name: str, mode: str = "rb") -> "File[bytes]":
        with _as_os_error():
            file: File[bytes] = super()._open(name, mode)
            return file

    def _save(self, name: str, content: "File[bytes]") -> str:
        with _as_os_error():
            return str(super()._save(name, content))

    def delete(self, name: str) -> None:
        with _as_os_error():
            super().delete(name)

    def exists(self, name: str) -> bool:
        with _as_os_error():
            return bool(super().exists(name))

    def listdir(self, path: str) -> tuple[list[str], list[str]]:
        with _as_os_error():
            folders, files = super().listdir(path)
            return folders, files


@contextmanager
def _as_os_error() -> Iterator[None]:
    try:
        yield
    except (BotoCoreError, ClientError) as error:
        raise OSError(f"the file storage failed: {type(error).__name__}") from error

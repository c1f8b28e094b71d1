"""A ZIP that carries a feed file and the documents beside it."""

import zipfile
from collections.abc import Iterator, Mapping
from io import BytesIO
from pathlib import PurePosixPath
from typing import BinaryIO

from datahub.feeds.formats.base import FeedStructureError

_MOST_BYTES = 512 * 1024 * 1024  # unpacked


class Documents(Mapping[str, bytes]):
    """The PDF files of a ZIP by name, each read when it is asked for."""

    def __init__(self, archive: zipfile.ZipFile, members: Mapping[str, str]) -> None:
        self._archive = archive
        self._members = members

    def __getitem__(self, name: str) -> bytes:
        return self._archive.read(self._members[name])

    def __iter__(self) -> Iterator[str]:
        return iter(self._members)

    def __len__(self) -> int:
        return len(self._members)

    def __contains__(self, name: object) -> bool:
        return name in self._members


def unpacked(file: BinaryIO) -> tuple[BinaryIO, Mapping[str, bytes]]:
    """The feed file and the documents by name; a file that is no ZIP stands alone. `file` must stay open.

    Raises FeedStructureError: a damaged or huge ZIP, not exactly one file to read, something else inside.
    """
    is_zip = file.read(4) == b"PK\x03\x04"
    file.seek(0)
    if not is_zip:
        return file, {}
    try:
        archive = zipfile.ZipFile(file)
        members = [member for member in archive.infolist() if not member.is_dir()]
        if sum(member.file_size for member in members) > _MOST_BYTES:
            raise FeedStructureError("the ZIP holds more than 512 MB")
        damaged = archive.testzip()
        if damaged:
            raise FeedStructureError(f"the ZIP cannot be read: {PurePosixPath(damaged).name} is damaged")
        names = {PurePosixPath(member.filename).name: member.filename for member in members}
        documents = {name: path for name, path in names.items() if _is_pdf(archive, path)}
        others = sorted(names.keys() - documents.keys())
        if len(others) != 1:
            raise FeedStructureError(
                f"the ZIP must hold one file of bills beside the PDFs; it holds {', '.join(others) or 'none'}"
            )
        return BytesIO(archive.read(names[others[0]])), Documents(archive, documents)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError) as error:
        raise FeedStructureError(f"the ZIP cannot be read: {error}") from error


def _is_pdf(archive: zipfile.ZipFile, path: str) -> bool:
    with archive.open(path) as member:
        return member.read(5) == b"%PDF-"

"""A ZIP or a folder that carries a feed file and the documents beside it."""

import shutil
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from io import BytesIO
from lzma import LZMAError
from pathlib import Path, PurePosixPath
from tempfile import TemporaryFile
from typing import BinaryIO, NamedTuple

from datahub.feeds.formats.archive import check_member, is_no_data
from datahub.feeds.formats.registry import MOST_WHOLE_BYTES
from datahub.rows.base import FeedStructureError

_MOST_BYTES = 512 * 1024 * 1024  # unpacked
_NO_DATE = (1980, 1, 1, 0, 0, 0)  # what a ZIP says where it says nothing: the same folder gives the same ZIP


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


def packed(folder: Path) -> BinaryIO:
    """The files of `folder` as a ZIP, from its beginning; hidden ones and what lies in folders below are left out.

    The same files give the same bytes, so that a folder sent twice is known. Raises OSError.
    """
    file = TemporaryFile()  # noqa: SIM115 - the caller closes it
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(folder.iterdir()):
            if path.is_file() and not path.name.startswith("."):
                info = zipfile.ZipInfo(path.name, _NO_DATE)
                info.compress_type = zipfile.ZIP_DEFLATED
                with path.open("rb") as source, archive.open(info, "w") as member:
                    shutil.copyfileobj(source, member)
    file.seek(0)
    return file


class Unpacked(NamedTuple):
    """`file`: to be read; `documents`: by name; `skipped`: names of what is neither."""

    file: BinaryIO
    documents: Mapping[str, bytes]
    skipped: tuple[str, ...]


def unpack(file: BinaryIO) -> Unpacked:
    """The feed file and the documents beside it; a file that is no ZIP stands alone. `file` must stay open.

    Raises FeedStructureError: a damaged or huge ZIP, not exactly one file to read, something else inside.
    """
    is_zip = file.read(4) == b"PK\x03\x04"
    file.seek(0)
    if not is_zip:
        return Unpacked(file, {}, ())
    try:
        archive = zipfile.ZipFile(file)
        members = [member for member in archive.infolist() if not member.is_dir()]
        for member in members:
            check_member(member)
        if sum(member.file_size for member in members) > _MOST_BYTES:
            raise FeedStructureError("the ZIP holds more than 512 MB")
        damaged = archive.testzip()
        if damaged:
            raise FeedStructureError(f"the ZIP cannot be read: {PurePosixPath(damaged).name} is damaged")
        names = {PurePosixPath(member.filename).name: member.filename for member in members}
        if len(names) < len(members):
            raise FeedStructureError("the ZIP holds two files of one name")
        heads = {name: _head(archive, path) for name, path in names.items()}
        documents = {name: path for name, path in names.items() if heads[name].startswith(b"%PDF-")}
        skipped = [name for name in names.keys() - documents.keys() if is_no_data(name, heads[name])]
        others = sorted(names.keys() - documents.keys() - set(skipped))
        if len(others) != 1:
            raise FeedStructureError(
                f"the ZIP must hold one file of bills beside the PDFs; it holds {', '.join(others) or 'none'}"
            )
        chosen = archive.getinfo(names[others[0]])
        if chosen.file_size > MOST_WHOLE_BYTES:
            raise FeedStructureError(f"{others[0]} has more than {MOST_WHOLE_BYTES >> 20} MB")
        content = BytesIO(archive.read(chosen))
        return Unpacked(content, Documents(archive, documents), tuple(sorted(skipped)))
    except (
        zipfile.BadZipFile,
        NotImplementedError,
        RuntimeError,
        EOFError,
        OSError,
        LZMAError,
        zlib.error,
    ) as error:
        raise FeedStructureError(f"the ZIP cannot be read: {error}") from error


def _head(archive: zipfile.ZipFile, path: str) -> bytes:
    with archive.open(path) as member:
        return member.read(1 << 12)

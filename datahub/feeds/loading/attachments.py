"""A ZIP or a folder that carries a feed file and the documents beside it."""

import shutil
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from io import BytesIO
from lzma import LZMAError
from pathlib import Path, PurePosixPath
from tempfile import TemporaryFile
from typing import BinaryIO

from datahub.feeds.formats.archive import check_member, is_no_data
from datahub.feeds.formats.registry import MOST_WHOLE_BYTES
from datahub.rows.base import FeedStructureError

_MOST_BYTES = 512 * 1024 * 1024  # unpacked
_HEAD_BYTES = 1 << 12  # enough to tell what a file is
_NO_DATE = (1980, 1, 1, 0, 0, 0)  # the first date of a ZIP: the same folder then gives the same bytes


class Documents(Mapping[str, bytes]):
    """The PDF files of a ZIP by name; each is read when it is needed, so that memory holds one of them."""

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


def zip_of_folder(folder: Path) -> BinaryIO:
    """The files of `folder` as a ZIP, rewound; without hidden files and without folders.

    The same files give the same bytes, so that a folder that is sent twice is recognized. Raises OSError.
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


def unpack(file: BinaryIO) -> tuple[BinaryIO, Mapping[str, bytes], tuple[str, ...]]:
    """The feed file, the documents beside it by name, and the names of files that are neither.

    A file that is no ZIP has no documents. `file` must stay open. Raises FeedStructureError: a ZIP that is damaged or
    too large, or that holds not exactly one file of data.
    """
    is_zip = file.read(4) == b"PK\x03\x04"
    file.seek(0)
    if not is_zip:
        return file, {}, ()
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
        heads = {}
        for name, path in names.items():
            with archive.open(path) as opened:
                heads[name] = opened.read(_HEAD_BYTES)
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
        return BytesIO(archive.read(chosen)), Documents(archive, documents), tuple(sorted(skipped))
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

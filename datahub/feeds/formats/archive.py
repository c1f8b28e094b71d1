"""Usage files in a ZIP: each member goes by as a stream of its own, nothing is unpacked to a disk.

Names inside a ZIP are only ever shown. What is refused: a damaged or encrypted ZIP, one inside another, names that
lead elsewhere, members that are out of all proportion. What is no data (a read-me, the same as HTML) is skipped and
named; style sheets and what macOS adds go without a word.
"""

import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import PurePosixPath
from typing import Any, BinaryIO, cast

from datahub.rows.base import FeedStructureError, Part

SIGNATURE = b"PK\x03\x04"
_MOST_MEMBERS = 10_000
_MOST_BYTES = 64 << 30  # unpacked, all together
_MOST_RATIO = 500  # of a member's size to what it takes up in the ZIP
_SMALL = 16 << 20  # below this no ratio is too large
_PASSED_OVER = (".xsl", ".xslt", ".css")
_NO_DATA = (
    ".htm", ".html", ".xhtml", ".pdf", ".md", ".rtf", ".doc", ".docx", ".odt", ".png", ".jpg", ".jpeg", ".gif", ".svg",
)  # fmt: skip
_NO_DATA_STEMS = (
    "readme",
    "read_me",
    "read-me",
    "read me",
    "licence",
    "license",
    "liesmich",
    "leesmij",
    "lisezmoi",
)
_NO_DATA_HEADS = (b"%pdf-", b"<!doctype html", b"<html", b"\x89png")
_LOCAL_HEADER = struct.Struct("<4s5H3I2H")
_ENCRYPTED = 1
_HEAD = 1 << 12  # bytes by which a member is known

Read = Callable[[BinaryIO], Iterator[Part[Any]]]
Sniff = Callable[[bytes], bool]


def is_archive(source: BinaryIO) -> bool:
    """Whether a ZIP begins where `source` stands, which does not move."""
    begin = source.tell()
    head = source.read(len(SIGNATURE))
    source.seek(begin)
    return head == SIGNATURE


def is_no_data(name: str, head: bytes) -> bool:
    """Whether a file is known for what people read, by its name or its beginning."""
    path = PurePosixPath(name.lower())
    known = path.suffix in _NO_DATA or path.name.startswith(_NO_DATA_STEMS)
    return known or head.removeprefix(b"\xef\xbb\xbf").lstrip().lower().startswith(_NO_DATA_HEADS)


def read_members(
    source: BinaryIO, read: Read, *, suffixes: tuple[str, ...], sniff: Sniff
) -> Iterator[Part[Any]]:
    """The parts of all members, as `read` makes them; rejections name their member.

    Skipped is what is no data, and, where a member has one of the format's `suffixes`, any of another name that `sniff`
    does not know. A ZIP is refused whole if one of its members is: so that nothing is written before, more than one are
    read twice. Raises FeedStructureError, before the first part, for what the head of this module says.
    """
    with _opened(source) as archive:
        found, skipped = _checked(archive, suffixes, sniff)
        for member in found if len(found) > 1 else ():
            with archive.open(member) as stream:
                next(_named(read(cast("BinaryIO", stream)), member, 0), None)
        through = 0
        for member in found:
            with archive.open(member) as stream:
                for part in _named(read(cast("BinaryIO", stream)), member, through):
                    yield replace(part, skipped=skipped)
                    skipped = ()
            through += member.compress_size


def first_member(head: bytes) -> tuple[str, bytes]:
    """(name, beginning) of the first file of data, in a ZIP of which only the beginning is at hand; ("", b"")
    where it cannot be read.
    """
    place = 0
    while len(head) >= place + _LOCAL_HEADER.size and head.startswith(SIGNATURE, place):
        _, _, _, method, _, _, _, packed, _, name_size, extra = _LOCAL_HEADER.unpack_from(head, place)
        begin = place + _LOCAL_HEADER.size
        name = head[begin : begin + name_size].decode("utf-8", "replace")
        begin += name_size + extra
        content = head[begin : begin + packed] if packed else head[begin:]
        content = content if method == zipfile.ZIP_STORED else _inflated(content)
        if not _is_passed_over(name) and not is_no_data(name, content[:_HEAD]):
            return name, content
        place = begin + packed
    return "", b""


def _inflated(content: bytes) -> bytes:
    try:
        return zlib.decompressobj(-zlib.MAX_WBITS).decompress(content, 1 << 20)
    except zlib.error:
        return b""


def _opened(source: BinaryIO) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(source)
    except (zipfile.BadZipFile, ValueError, OSError) as error:
        raise FeedStructureError(f"the ZIP cannot be read: {error}") from error


def _checked(
    archive: zipfile.ZipFile, suffixes: tuple[str, ...], sniff: Sniff
) -> tuple[list[zipfile.ZipInfo], tuple[str, ...]]:
    """(the members to read, whose bytes are known to be sound; the names of those skipped)."""
    infos = archive.infolist()
    if len(infos) > _MOST_MEMBERS or sum(info.file_size for info in infos) > _MOST_BYTES:
        raise FeedStructureError(f"the ZIP holds more than {_MOST_MEMBERS} files or {_MOST_BYTES >> 30} GB")
    for info in infos:
        check_member(info)
    try:
        damaged = archive.testzip()
    except (zipfile.BadZipFile, NotImplementedError, zlib.error, EOFError, OSError, RuntimeError) as error:
        raise FeedStructureError(f"the ZIP cannot be read: {error}") from error
    if damaged is not None:
        raise FeedStructureError(f"the ZIP is damaged at {damaged}")
    candidates = [info for info in infos if not _is_passed_over(info.filename)]
    named = [info for info in candidates if info.filename.lower().endswith(suffixes)]
    found: list[zipfile.ZipInfo] = []
    skipped: list[zipfile.ZipInfo] = []
    for info in candidates:
        with archive.open(info) as stream:
            head = stream.read(_HEAD)
        if head.startswith(SIGNATURE):
            raise FeedStructureError(f"{info.filename}: a ZIP in a ZIP is not read")
        is_other = bool(named) and info not in named and not sniff(head)
        (skipped if is_no_data(info.filename, head) or is_other else found).append(info)
    if not found:
        besides = f": {', '.join(info.filename for info in skipped)} is no data" if skipped else ""
        raise FeedStructureError(f"the ZIP holds no file to read{besides}")
    return found, tuple(info.filename for info in skipped)


def check_member(info: zipfile.ZipInfo) -> None:
    """Raises FeedStructureError: a name that leads elsewhere, encryption, a size out of all proportion."""
    path = PurePosixPath(info.filename.replace("\\", "/"))
    if path.is_absolute() or ".." in path.parts or ":" in info.filename:
        raise FeedStructureError(f"the ZIP names a file outside of it: {info.filename}")
    if info.flag_bits & _ENCRYPTED:
        raise FeedStructureError(f"{info.filename} in the ZIP is encrypted")
    if info.file_size > max(_SMALL, _MOST_RATIO * info.compress_size):
        raise FeedStructureError(f"{info.filename} in the ZIP is packed more than {_MOST_RATIO} to one")


def _is_passed_over(name: str) -> bool:
    path = PurePosixPath(name)
    hidden = path.name.startswith(".") or "__MACOSX" in path.parts
    return name.endswith("/") or hidden or path.suffix.lower() in _PASSED_OVER


def _named(parts: Iterator[Part[Any]], member: zipfile.ZipInfo, through: int) -> Iterator[Part[Any]]:
    """Parts of a member as parts of the ZIP, of whose bytes `through` were through before."""
    try:
        for part in parts:
            rejected = [replace(one, reason=f"{member.filename}: {one.reason}") for one in part.rejected]
            share = member.compress_size * part.offset // max(member.file_size, 1)
            yield Part(part.rows, rejected, through + share)
    except FeedStructureError as error:
        raise FeedStructureError(f"{member.filename}: {error}") from error

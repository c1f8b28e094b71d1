"""Usage files in a ZIP: each member is read as a stream of its own, nothing is unpacked to a disk.

No path is made of the names inside a ZIP. Refused are a damaged or encrypted ZIP, one inside another, names that lead
out of it, members that are packed out of all proportion. Members that are no data (a read-me, HTML) are skipped and
listed; style sheets and what macOS adds are ignored.
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
_SMALL = 16 << 20  # bytes, below which no ratio is too large
_IGNORED_SUFFIXES = (".xsl", ".xslt", ".css")
_NO_DATA_SUFFIXES = (
    ".htm", ".html", ".xhtml", ".pdf", ".md", ".rtf", ".doc", ".docx", ".odt", ".png", ".jpg", ".jpeg", ".gif", ".svg",
)  # fmt: skip
_NO_DATA_STEMS = (
    "readme", "read_me", "read-me", "read me", "licence", "license", "liesmich", "leesmij", "lisezmoi",
)  # fmt: skip
_NO_DATA_HEADS = (b"%pdf-", b"<!doctype html", b"<html", b"\x89png")
_LOCAL_HEADER = struct.Struct("<4s5H3I2H")
_ENCRYPTED = 1
_HEAD = 1 << 12  # bytes that show what a member is

Read = Callable[[BinaryIO], Iterator[Part[Any]]]
Sniff = Callable[[bytes], bool]


def is_archive(source: BinaryIO) -> bool:
    """Whether a ZIP begins where `source` stands, which does not move."""
    begin = source.tell()
    head = source.read(len(SIGNATURE))
    source.seek(begin)
    return head == SIGNATURE


def is_no_data(name: str, head: bytes) -> bool:
    """Whether a file is for people to read, by its name or its beginning."""
    path = PurePosixPath(name.lower())
    known = path.suffix in _NO_DATA_SUFFIXES or path.name.startswith(_NO_DATA_STEMS)
    return known or head.removeprefix(b"\xef\xbb\xbf").lstrip().lower().startswith(_NO_DATA_HEADS)


def read_members(
    source: BinaryIO, read: Read, *, suffixes: tuple[str, ...], sniff: Sniff
) -> Iterator[Part[Any]]:
    """The parts of all members, as `read` makes them; rejections name their member.

    Skipped is what is no data, and, where a member has one of the format's `suffixes`, any of another name that `sniff`
    does not know. A ZIP is refused if one of its members is: where there are several, the first part of each is read
    ahead. Raises FeedStructureError, before the first part, for what the head of this module says.
    """
    try:
        archive = zipfile.ZipFile(source)
    except (zipfile.BadZipFile, ValueError, OSError) as error:
        raise FeedStructureError(f"the ZIP cannot be read: {error}") from error
    with archive:
        members, skipped = _check(archive, suffixes, sniff)
        for member in members if len(members) > 1 else ():
            with archive.open(member) as stream:
                next(_of_member(read(cast("BinaryIO", stream)), member, 0), None)
        begin = 0
        for member in members:
            with archive.open(member) as stream:
                for part in _of_member(read(cast("BinaryIO", stream)), member, begin):
                    yield replace(part, skipped=skipped)
                    skipped = ()
            begin += member.compress_size


def first_member(head: bytes) -> tuple[str, bytes]:
    """(name, beginning) of the first file of data, from the beginning of a ZIP; ("", b"") where it cannot be read."""
    place = 0
    while len(head) >= place + _LOCAL_HEADER.size and head.startswith(SIGNATURE, place):
        _, _, _, method, _, _, _, packed, _, name_size, extra = _LOCAL_HEADER.unpack_from(head, place)
        begin = place + _LOCAL_HEADER.size
        name = head[begin : begin + name_size].decode("utf-8", "replace")
        begin += name_size + extra
        content = head[begin : begin + packed] if packed else head[begin:]
        if method != zipfile.ZIP_STORED:
            try:
                content = zlib.decompressobj(-zlib.MAX_WBITS).decompress(content, 1 << 20)
            except zlib.error:
                content = b""
        if not _is_ignored(name) and not is_no_data(name, content[:_HEAD]):
            return name, content
        place = begin + packed
    return "", b""


def _check(
    archive: zipfile.ZipFile, suffixes: tuple[str, ...], sniff: Sniff
) -> tuple[list[zipfile.ZipInfo], tuple[str, ...]]:
    """(the members to read, whose checksums hold; the names of those that are skipped)."""
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
    candidates = [info for info in infos if not _is_ignored(info.filename)]
    named = [info for info in candidates if info.filename.lower().endswith(suffixes)]
    members: list[zipfile.ZipInfo] = []
    skipped: list[zipfile.ZipInfo] = []
    for info in candidates:
        with archive.open(info) as stream:
            head = stream.read(_HEAD)
        if head.startswith(SIGNATURE):
            raise FeedStructureError(f"{info.filename}: a ZIP in a ZIP is not read")
        is_other = bool(named) and info not in named and not sniff(head)
        (skipped if is_no_data(info.filename, head) or is_other else members).append(info)
    if not members:
        besides = f": {', '.join(info.filename for info in skipped)} is no data" if skipped else ""
        raise FeedStructureError(f"the ZIP holds no file to read{besides}")
    return members, tuple(info.filename for info in skipped)


def check_member(info: zipfile.ZipInfo) -> None:
    """Raises FeedStructureError: a name that leads elsewhere, encryption, a size out of all proportion."""
    path = PurePosixPath(info.filename.replace("\\", "/"))
    if path.is_absolute() or ".." in path.parts or ":" in info.filename:
        raise FeedStructureError(f"the ZIP names a file outside of it: {info.filename}")
    if info.flag_bits & _ENCRYPTED:
        raise FeedStructureError(f"{info.filename} in the ZIP is encrypted")
    if info.file_size > max(_SMALL, _MOST_RATIO * info.compress_size):
        raise FeedStructureError(f"{info.filename} in the ZIP is packed more than {_MOST_RATIO} to one")


def _is_ignored(name: str) -> bool:
    path = PurePosixPath(name)
    hidden = path.name.startswith(".") or "__MACOSX" in path.parts
    return name.endswith("/") or hidden or path.suffix.lower() in _IGNORED_SUFFIXES


def _of_member(parts: Iterator[Part[Any]], member: zipfile.ZipInfo, begin: int) -> Iterator[Part[Any]]:
    """Parts of a member as parts of the ZIP, in which `begin` bytes are ahead of it."""
    try:
        for part in parts:
            rejected = [replace(row, reason=f"{member.filename}: {row.reason}") for row in part.rejected]
            share = member.compress_size * part.offset // max(member.file_size, 1)
            yield Part(part.rows, rejected, begin + share)
    except FeedStructureError as error:
        raise FeedStructureError(f"{member.filename}: {error}") from error

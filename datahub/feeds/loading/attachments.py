"""A ZIP that carries a feed file and the documents beside it."""

import zipfile
from collections.abc import Mapping
from io import BytesIO
from pathlib import PurePosixPath

from datahub.feeds.formats.base import FeedStructureError

_MOST_BYTES = 512 * 1024 * 1024  # unpacked; a ZIP of zeros must not fill the memory


def unpacked(content: bytes) -> tuple[bytes, Mapping[str, bytes]]:
    """The feed file and the PDF files by name; a file that is no ZIP stands alone.

    Raises FeedStructureError: a damaged or huge ZIP, not exactly one file to read, something else inside.
    """
    if not content.startswith(b"PK\x03\x04"):
        return content, {}
    try:
        with zipfile.ZipFile(BytesIO(content)) as archive:
            members = [member for member in archive.infolist() if not member.is_dir()]
            if sum(member.file_size for member in members) > _MOST_BYTES:
                raise FeedStructureError("the ZIP holds more than 512 MB")
            files = {PurePosixPath(member.filename).name: archive.read(member) for member in members}
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError) as error:
        raise FeedStructureError(f"the ZIP cannot be read: {error}") from error
    documents = {name: data for name, data in files.items() if data.startswith(b"%PDF-")}
    others = sorted(files.keys() - documents.keys())
    if len(others) != 1:
        raise FeedStructureError(
            f"the ZIP must hold one file of bills beside the PDFs; it holds {', '.join(others) or 'none'}"
        )
    return files[others[0]], documents

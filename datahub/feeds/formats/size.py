"""How large a file may be that is not read in parts."""

from typing import BinaryIO

from datahub.rows.base import FeedStructureError


def size_within(source: BinaryIO, most: int) -> int:
    """Bytes of `source`, which stands at its beginning afterwards. Raises FeedStructureError before any is read."""
    size = source.seek(0, 2)
    source.seek(0)
    if size > most:
        raise FeedStructureError(f"files of this format are read up to {most >> 20} MB")
    return size

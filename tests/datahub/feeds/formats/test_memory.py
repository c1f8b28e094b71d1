"""No reader takes more than 300 MB, however full of rows a file is; each format there is must stand in DENSE."""

import os
import resource
from functools import partial
from pathlib import Path

import pytest

from datahub.feeds.formats.registry import formats
from datahub.rows.base import FeedStructureError
from tests.datahub.feeds.formats.dense import DENSE
from tests.datahub.feeds.formats.files import NEW_YORK
from tests.support.child import MOST_MEMORY, in_a_child

# of the largest file a part is read here, from which the whole is computed; READ_WHOLE=1 reads the whole one
PART = 1 if os.environ.get("READ_WHOLE") else 20
STREAMED = (128 << 20) // PART  # bytes of a file that is read in parts, whatever its size


def rows_read(name: str, path: Path) -> int:
    with path.open("rb") as file:
        parts = formats()[name].read(
            file, zone=NEW_YORK, settings={"counts": "ignored"} if name == "mscons" else {}
        )
        return sum(part.accepted for part in parts)


def growth(name: str, path: Path, rows: int) -> int:
    """Bytes that reading a file of so many rows takes."""
    DENSE[name].write(path, rows)
    accepted, took, _ = in_a_child(partial(rows_read, name, path))
    assert accepted >= min(rows, 10_000)
    return took


@pytest.mark.parametrize("name", sorted(formats()))
def test_the_largest_file_of_a_format_is_read_in_300_megabytes(name, tmp_path):
    limit = formats()[name].most_bytes
    most = DENSE[name].rows_within(limit or STREAMED)
    some = most if limit is None else most // PART
    took = growth(name, tmp_path / "file", some)
    if some < most:
        less = growth(name, tmp_path / "file", some // 2)
        took += (took - less) / (some - some // 2) * (most - some)
    if took >= MOST_MEMORY and limit:  # a few MB more of the part are a hundred of the whole: look at that
        took = growth(name, tmp_path / "file", most)
    assert took < MOST_MEMORY


@pytest.mark.parametrize("name", sorted(name for name, format in formats().items() if format.most_bytes))
def test_a_larger_file_is_refused_before_it_is_read(name, tmp_path):
    path, limit = tmp_path / "file", formats()[name].most_bytes
    with path.open("wb") as file:
        file.truncate(limit + 1)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    with path.open("rb") as file, pytest.raises(FeedStructureError, match=f"read up to {limit >> 20} MB"):
        list(formats()[name].read(file, zone=NEW_YORK, settings={}))

    assert (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) << 10 < 32 << 20

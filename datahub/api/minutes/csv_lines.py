"""Series as CSV: one line a value."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from cdsc_portal.lib.csv_cells import plain_cell
from datahub.queries.generation_mix import MixSegment

MIX_HEADER = ("series", "contract_numbers", "tariff_code", "region", "start", "end", "source", "share")


def mix_lines(segments: Iterable[MixSegment]) -> Iterator[str]:
    """Contract numbers are separated by spaces; an unknown share is an empty cell."""
    yield ",".join(MIX_HEADER)
    for segment in segments:
        head = csv_cells(
            (segment.series, " ".join(segment.contract_numbers), segment.tariff_code, segment.region)
        )
        starts = [int(step.start.timestamp()) for step in segment.steps]
        begins = _instants(np.array(starts, dtype=np.int64))
        ends = _instants(np.array(starts, dtype=np.int64) + segment.interval_seconds)
        for told in segment.sources:
            name = csv_cells((told.source,))
            for start, end, share in zip(begins, ends, told.shares, strict=True):
                yield f"{head},{start}Z,{end}Z,{name},{share or ''}"


def _instants(seconds: "np.ndarray[tuple[int], np.dtype[np.int64]]") -> list[str]:
    return np.datetime_as_string(seconds.astype("datetime64[s]")).tolist()


def csv_cells(values: Sequence[str]) -> str:
    """Quoted where needed; text that a spreadsheet would run as a formula is kept text."""
    line = io.StringIO()
    csv.writer(line, lineterminator="").writerow(map(plain_cell, values))
    return line.getvalue()

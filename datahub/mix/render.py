"""The mix as it leaves: JSON of steps by columns, and CSV with one line a value."""

from collections.abc import Iterable, Iterator, Sequence

import numpy as np
import orjson

from cdsc_portal.lib.json.encoder import exact, instant
from cdsc_portal.lib.text.csv_cells import csv_cells
from cdsc_portal.lib.text.text_cells import decimal_cells, text
from datahub.mix.arithmetic.amounts import DECIMALS
from datahub.mix.segments import MixSegment, SourceShares
from datahub.mix.summed import LABELS, SummedMix

MIX_HEADER = (
    "series", "contract_numbers", "tariff_code", "region", "start", "end", "source", "share", "method", "provisional",
)  # fmt: skip
MIX_SUMS_HEADER = (
    "series", "contract_numbers", "tariff_codes", "region", "period", "start", "end", "whole", "source", "share",
    "energy_wh", "weighting", "method", "provisional", "known_seconds", "due_seconds",
)  # fmt: skip


def mix_lines(segments: Iterable[MixSegment]) -> Iterator[str]:
    """Contract numbers are separated by spaces; an unknown share is an empty cell."""
    yield ",".join(MIX_HEADER)
    for segment in segments:
        head = csv_cells(
            (segment.series, " ".join(segment.contract_numbers), segment.tariff_code, segment.region)
        )
        tail = f"{segment.method},{_yes_or_no(segment.provisional)}"
        begins, ends = _instants(segment.steps.starts), _instants(segment.steps.ends)
        for source in segment.sources:
            name = csv_cells((source.source,))
            cells = decimal_cells(
                source.shares, source.known, DECIMALS, after=b",", unknown=b",", trimmed=True
            )
            shares = text(cells).decode().split(",")[:-1]
            for start, end, share in zip(begins, ends, shares, strict=True):
                yield f"{head},{start}Z,{end}Z,{name},{share},{tail}"


def mix_sum_lines(summed: Iterable[SummedMix]) -> Iterator[str]:
    """A line a source of a period; numbers and codes are separated by spaces, what is not known is an empty cell."""
    yield ",".join(MIX_SUMS_HEADER)
    for item in summed:
        head = csv_cells(
            (item.series, " ".join(item.contract_numbers), " ".join(item.tariff_codes or ()), item.region)
        )
        for period in item.periods:
            mix, energy = period.sum, period.energy_wh or {}
            when = f"{period.first.strftime(LABELS[item.by])},{instant(period.start)},{instant(period.end)}"
            tail = (
                f"{mix.weighting},{mix.method},{_yes_or_no(mix.provisional)},{mix.known_seconds}"
                f",{period.due_seconds}"
            )
            for source, share in mix.shares.items():
                cell = "" if share is None else exact(share)
                name = csv_cells((source,))
                yield f"{head},{when},{_yes_or_no(period.whole)},{name},{cell},{energy.get(source, '')},{tail}"


def _yes_or_no(flag: bool) -> str:
    return "yes" if flag else "no"


def _instants(seconds: "np.ndarray[tuple[int], np.dtype[np.int64]]") -> list[str]:
    words: list[str] = np.datetime_as_string(seconds.astype("datetime64[s]")).tolist()
    return words


def mix_object(segment: MixSegment) -> dict[str, object]:
    """What `MixSegmentShape` says of a segment, its shares as ready JSON."""
    sources = segment.sources
    return {
        "series": segment.series,
        "contract_numbers": list(segment.contract_numbers),
        "tariff_code": segment.tariff_code or None,
        "region": segment.region or None,
        "interval_seconds": segment.interval_seconds,
        "start": instant(segment.start),
        "end": instant(segment.end),
        "method": segment.method,
        "provisional": segment.provisional,
        "origin": segment.origin,
        "sources": [
            {"source": source.source, "shares": orjson.Fragment(shares)}
            for source, shares in zip(sources, _shares(sources), strict=True)
        ],
        "modified": instant(segment.modified),
    }


def _shares(sources: Sequence[SourceShares]) -> list[bytes]:
    """Of each source a JSON array; all are written at once."""
    if not sources:
        return []
    cells = decimal_cells(
        np.concatenate([source.shares for source in sources]),
        np.concatenate([source.known for source in sources]),
        DECIMALS,
        before=b'"',
        after=b'",',
        unknown=b"null,",
        trimmed=True,
    )
    size = len(cells) // len(sources)
    return [
        b"[" + text(cells[place * size : (place + 1) * size])[:-1] + b"]" for place in range(len(sources))
    ]

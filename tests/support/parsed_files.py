"""A whole file as a format reads it, with the readings of each channel together."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from io import BytesIO
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

from datahub.feeds.formats.registry import NO_MAPPING, Format, formats
from datahub.rows.base import NO_SETTINGS, Parsed
from datahub.rows.usage import ChannelKey, UsageRows, UsageSeries, columns_of


def parse_file(
    format: Format | str,
    content: bytes,
    *,
    zone: ZoneInfo,
    settings: Mapping[str, object] = NO_SETTINGS,
    mapping: Mapping[str, object] = NO_MAPPING,
) -> Parsed[Any]:
    """All rows of a file; rows of usage are `UsageSeries`."""
    format = formats()[format] if isinstance(format, str) else format
    parts = list(format.read(BytesIO(content), zone=zone, settings=settings, mapping=mapping))
    rows = [row for part in parts for row in part.rows]
    rejected = [rejection for part in parts for rejection in part.rejected]
    return Parsed(series_of(rows) if format.kind == "usage" else rows, rejected)


def series_of(parts: Iterable[UsageRows]) -> list[UsageSeries]:
    """Whole channels in order of time."""
    by_key: dict[ChannelKey, list[UsageSeries]] = {}
    for part in parts:
        for series in columns_of(part).series():
            by_key.setdefault(series.key, []).append(series)
    return [pieces[0] if len(pieces) == 1 else _joined(pieces) for pieces in by_key.values()]


def _joined(pieces: Sequence[UsageSeries]) -> UsageSeries:
    scale = max(piece.scale for piece in pieces)
    order = np.argsort(np.concatenate([piece.starts for piece in pieces]), kind="stable")
    lengths = {piece.interval_seconds for piece in pieces}
    columns = {
        name: np.concatenate([getattr(piece, name) for piece in pieces])[order]
        for name in ("starts", "durations", "known", "quality", "lines")
    }
    values = np.concatenate([piece.values * 10 ** (scale - piece.scale) for piece in pieces])[order]
    return replace(
        pieces[0],
        interval_seconds=lengths.pop() if len(lengths) == 1 else None,
        values=values,
        scale=scale,
        line=min(piece.line for piece in pieces),
        **columns,
    )

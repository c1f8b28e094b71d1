"""What a file would bring, without a database: rows, rejections, and the channels with their sums."""

import json
from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, BinaryIO
from zoneinfo import ZoneInfo

import numpy as np

from datahub.feeds.formats.archive import SIGNATURE, first_member
from datahub.feeds.formats.csv.presets import find_preset, presets
from datahub.feeds.formats.registry import NO_MAPPING, Format, detect, formats
from datahub.feeds.loading.attachments import unpack
from datahub.feeds.loading.kinds import KINDS
from datahub.rows.base import MOST_INT64, NO_SETTINGS, FeedStructureError, Integers, Part, Rejection, Settings
from datahub.rows.mix import AmountRow
from datahub.rows.usage import ChannelKey, UsageColumns, UsageGrid, UsageRows

_HEAD = 1 << 20  # bytes that tell the format


class UnknownFormatError(FeedStructureError):
    """No format knows the file by its beginning, or more than one."""


class FileRefusedError(FeedStructureError):
    """The format that was chosen refuses the file."""

    def __init__(self, format_name: str, message: str) -> None:
        super().__init__(message)
        self.format = format_name


@dataclass(slots=True)
class ChannelAccount:
    """One channel so far; `sums` by power of ten, exactly."""

    readings: int = 0
    unknown: int = 0
    first_start: int = MOST_INT64
    last_start: int = -MOST_INT64
    lengths: set[int] = field(default_factory=set)  # at most two: a third would say nothing more
    sums: dict[int, int] = field(default_factory=dict)

    @property
    def interval_seconds(self) -> int | None:
        """None: a register, or readings that last differently."""
        (length, *others) = self.lengths
        return None if others or not length else length

    @property
    def total(self) -> Decimal:
        return sum((Decimal(total).scaleb(-scale) for scale, total in self.sums.items()), Decimal(0))

    def add(self, more: "ChannelAccount") -> None:
        self.readings += more.readings
        self.unknown += more.unknown
        self.first_start = min(self.first_start, more.first_start)
        self.last_start = max(self.last_start, more.last_start)
        self.lengths = set(sorted(self.lengths | more.lengths)[:2])
        for scale, total in more.sums.items():
            self.sums[scale] = self.sums.get(scale, 0) + total


@dataclass(slots=True)
class FileAccount:
    """A file that was read to its end. `rows` of usage are readings."""

    format: str
    accepted: int = 0
    rejected: list[Rejection] = field(default_factory=list)
    channels: dict[ChannelKey, ChannelAccount] = field(default_factory=dict)
    skipped: list[str] = field(default_factory=list)  # files of a ZIP that are no data

    @property
    def rows(self) -> int:
        return self.accepted + len(self.rejected)

    def add(self, part: Part[Any]) -> None:
        self.accepted += part.accepted
        self.skipped += part.skipped
        self.rejected += [Rejection(rejection.line, rejection.reason) for rejection in part.rejected]
        for rows in part.rows:
            if isinstance(rows, UsageColumns | UsageGrid):
                for key, more in _accounts(rows):
                    self.channels.setdefault(key, ChannelAccount()).add(more)
            elif isinstance(
                rows, AmountRow
            ):  # a source in a region: the region its meter, the source its register
                register = rows.source if rows.kind == "generated" else f"{rows.kind} {rows.source}".strip()
                key = ChannelKey(rows.region, register, "electricity", "Wh", "none", "interval")
                start = int(rows.start.timestamp())
                more = ChannelAccount(1, 0, start, start, {rows.seconds}, {0: rows.wh})
                self.channels.setdefault(key, ChannelAccount()).add(more)

    def channels_as_json(self) -> Iterator[dict[str, object]]:
        """Times in UTC, sums as exact decimal text in the unit."""
        for key, channel in self.channels.items():
            yield {
                "meter": key.meter_number,
                "unit": key.unit,
                "direction": key.direction,
                "interval_seconds": channel.interval_seconds,
                "readings": channel.readings,
                "unknown": channel.unknown,
                "first_start": utc_text(channel.first_start),
                "last_start": utc_text(channel.last_start),
                "sum": plain_text(channel.total),
                "register": key.register,
                "kind": key.kind,
            }

    def json(self, **more: str) -> Iterator[str]:
        """The account as the text of a JSON object, a line for each rejection and channel: there may be millions."""
        counts = {
            "format": self.format,
            "rows": self.rows,
            "accepted": self.accepted,
            "skipped": self.skipped,
        }
        yield json.dumps({**more, **counts})[:-1]
        rejected = ({"line": rejection.line, "reason": rejection.reason} for rejection in self.rejected)
        for name, members in (("rejected", rejected), ("channels", self.channels_as_json())):
            yield f', "{name}": ['
            for place, member in enumerate(members):
                yield (",\n" if place else "\n") + json.dumps(member)
            yield "]"
        yield "}"


def check_file(
    path: Path,
    *,
    zone: ZoneInfo,
    format_name: str = "",
    mapping: Mapping[str, object] = NO_MAPPING,
    settings: Settings = NO_SETTINGS,
) -> FileAccount:
    """Read a file and keep nothing of it but the account; one part and the channels are in memory.

    Raises FeedStructureError where no format is found, FileRefusedError where the one that is refuses the file, OSError
    where it cannot be opened.
    """
    with path.open("rb") as source:
        file_format, mapping = chosen_format(source, path.name, format_name, mapping)
        account = FileAccount(file_format.name)
        try:
            file: BinaryIO = source
            if KINDS[file_format.kind].attachments:
                file, _documents, skipped = unpack(source)
                account.skipped += skipped
            for part in file_format.read(file, zone=zone, settings=settings, mapping=mapping):
                account.add(part)
        except FeedStructureError as error:
            raise FileRefusedError(account.format, str(error)) from error
    return account


def chosen_format(
    source: BinaryIO, name: str, format_name: str = "", mapping: Mapping[str, object] = NO_MAPPING
) -> tuple[Format, Mapping[str, object]]:
    """The named format, or the format or preset that knows the file by its beginning; with the mapping to read it by.

    Raises FeedStructureError: no such format, a file that no format knows.
    """
    if format_name:
        if format_name not in formats():
            raise FeedStructureError(f"no format named {format_name}; there are {', '.join(formats())}")
        return formats()[format_name], mapping
    if mapping:
        return formats()["usage_csv_wide" if mapping.get("shape") == "wide" else "usage_csv_long"], mapping
    head = source.read(_HEAD)
    source.seek(0)
    if head.startswith((BOM_UTF16_LE, BOM_UTF16_BE)):
        head = head[: len(head) // 2 * 2].decode("utf-16", "replace").encode()
    try:
        return detect(head, name), mapping
    except FeedStructureError as error:
        preset = find_preset(first_member(head)[1] if head.startswith(SIGNATURE) else head)
        if preset is None:
            raise UnknownFormatError(str(error)) from error
    name, mapping = preset
    return formats()[presets()[name].format], mapping


def utc_text(seconds: int) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%SZ}"


def plain_text(number: Decimal) -> str:
    """Without exponent and needless zeros."""
    text = f"{number:f}"
    return (text.rstrip("0").rstrip(".") if "." in text else text) or "0"


def _accounts(rows: UsageRows) -> Iterator[tuple[ChannelKey, ChannelAccount]]:
    """What a part holds of each of its channels."""
    edges = np.searchsorted(rows.channel, np.arange(len(rows.channels) + 1)).tolist()
    slots = rows.known.shape[1] if isinstance(rows, UsageGrid) else 1
    behind = (slots - 1) * rows.step if isinstance(rows, UsageGrid) else 0
    for place, (key, first, past) in enumerate(zip(rows.channels, edges, edges[1:], strict=False)):
        if past == first:
            continue
        known, values = rows.known[first:past], rows.values[first:past]
        readings = (past - first) * slots
        if isinstance(rows, UsageGrid):
            lengths = {rows.step}
        else:
            durations = rows.durations[first:past]
            lengths = {int(durations.min()), int(durations.max())}
        yield (
            key,
            ChannelAccount(
                readings,
                readings - int(known.sum()),
                int(rows.starts[first]),
                int(rows.starts[past - 1]) + behind,
                lengths,
                {int(rows.scale[place]): _exact_sum(values[known])},
            ),
        )


def _exact_sum(values: Integers) -> int:
    """In Python where 8 bytes may not hold it."""
    if not len(values):
        return 0
    largest = max(abs(int(values.min())), abs(int(values.max())))
    return int(values.sum(dtype=np.int64)) if largest * len(values) <= MOST_INT64 else sum(values.tolist())

"""What a file would bring, told without a database: rows, rejections, and the channels with their sums."""

import json
from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple
from zoneinfo import ZoneInfo

import numpy as np

from datahub.feeds.formats.archive import SIGNATURE, first_member
from datahub.feeds.formats.csv.presets import find_preset, presets
from datahub.feeds.formats.registry import NO_MAPPING, Format, detect, formats
from datahub.feeds.loading.attachments import unpack
from datahub.feeds.loading.kinds import KINDS
from datahub.rows.base import NO_SETTINGS, FeedStructureError, Integers, Part, Rejection, Settings
from datahub.rows.mix import AmountRow
from datahub.rows.usage import ChannelKey, UsageColumns, UsageGrid, UsageRows

_HEAD = 1 << 20
_MOST = 2**63 - 1


class UnknownFormatError(FeedStructureError):
    """No format knows the file by its beginning, or more than one."""


class FileRefusedError(FeedStructureError):
    """The format that was chosen refuses the file."""

    def __init__(self, format_name: str, message: str) -> None:
        super().__init__(message)
        self.format = format_name


class Reading(NamedTuple):
    """How a file is to be read."""

    format: Format
    mapping: Mapping[str, object]


@dataclass(slots=True)
class ChannelAccount:
    """One channel so far; `sums` by power of ten, exactly."""

    readings: int = 0
    unknown: int = 0
    first_start: int = _MOST
    last_start: int = -_MOST
    lengths: set[int] = field(default_factory=set)  # at most two: more says no more
    sums: dict[int, int] = field(default_factory=dict)

    @property
    def interval_seconds(self) -> int | None:
        """None: a register, or readings that last differently."""
        (length, *others) = self.lengths
        return None if others or not length else length

    @property
    def total(self) -> Decimal:
        return sum((Decimal(total).scaleb(-scale) for scale, total in self.sums.items()), Decimal(0))


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
                    _merge(self.channels.setdefault(key, ChannelAccount()), more)
            elif isinstance(rows, AmountRow):
                key, more = _account_of_amount(rows)
                _merge(self.channels.setdefault(key, ChannelAccount()), more)

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
            **more,
            "format": self.format,
            "rows": self.rows,
            "accepted": self.accepted,
            "skipped": self.skipped,
        }
        yield json.dumps(counts)[:-1]
        rejected = ({"line": one.line, "reason": one.reason} for one in self.rejected)
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
        chosen = reading_of(source, path.name, format_name, mapping)
        account = FileAccount(chosen.format.name)
        try:
            file: BinaryIO = source
            if KINDS[chosen.format.kind].attachments:
                file, _documents, skipped = unpack(source)
                account.skipped += skipped
            for part in chosen.format.read(file, zone=zone, settings=settings, mapping=chosen.mapping):
                account.add(part)
        except FeedStructureError as error:
            raise FileRefusedError(account.format, str(error)) from error
    return account


def reading_of(
    source: BinaryIO, name: str, format_name: str = "", mapping: Mapping[str, object] = NO_MAPPING
) -> Reading:
    """The named format, or the one that knows the file by its beginning, or the preset that does.

    Raises FeedStructureError: no such format, a file that nobody knows.
    """
    if format_name:
        if format_name not in formats():
            raise FeedStructureError(f"no format named {format_name}; there are {', '.join(formats())}")
        return Reading(formats()[format_name], mapping)
    if mapping:
        return Reading(
            formats()["usage_csv_wide" if mapping.get("shape") == "wide" else "usage_csv_long"], mapping
        )
    head = source.read(_HEAD)
    source.seek(0)
    if head.startswith((BOM_UTF16_LE, BOM_UTF16_BE)):
        head = head[: len(head) // 2 * 2].decode("utf-16", "replace").encode()
    try:
        return Reading(detect(head, name), mapping)
    except FeedStructureError as error:
        preset = find_preset(first_member(head)[1] if head.startswith(SIGNATURE) else head)
        if preset is None:
            raise UnknownFormatError(str(error)) from error
    name, mapping = preset
    return Reading(formats()[presets()[name].format], mapping)


def utc_text(seconds: int) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%SZ}"


def plain_text(number: Decimal) -> str:
    """Without exponent and needless zeros."""
    text = f"{number:f}"
    return (text.rstrip("0").rstrip(".") if "." in text else text) or "0"


def _accounts(rows: UsageRows) -> Iterator[tuple[ChannelKey, ChannelAccount]]:
    """One a channel of a part."""
    edges = np.searchsorted(rows.channel, np.arange(len(rows.channels) + 1)).tolist()
    slots = rows.known.shape[1] if isinstance(rows, UsageGrid) else 1
    behind = (slots - 1) * rows.step if isinstance(rows, UsageGrid) else 0
    for place, (key, first, past) in enumerate(zip(rows.channels, edges, edges[1:], strict=False)):
        if past == first:
            continue
        known, values = rows.known[first:past], rows.values[first:past]
        readings = (past - first) * slots
        lengths = [rows.step] if isinstance(rows, UsageGrid) else _two(rows.durations[first:past])
        yield (
            key,
            ChannelAccount(
                readings,
                readings - int(known.sum()),
                int(rows.starts[first]),
                int(rows.starts[past - 1]) + behind,
                set(lengths),
                {int(rows.scale[place]): _exact_sum(values[known])},
            ),
        )


def _account_of_amount(row: AmountRow) -> tuple[ChannelKey, ChannelAccount]:
    """The amounts of a source in a region are a channel: the region its meter, the source its register."""
    register = row.source if row.kind == "generated" else f"{row.kind} {row.source}".strip()
    start = int(row.start.timestamp())
    key = ChannelKey(row.region, register, "electricity", "Wh", "none", "interval")
    return key, ChannelAccount(1, 0, start, start, {row.seconds}, {0: row.wh})


def _two(durations: Integers) -> Iterable[int]:
    return {int(durations.min()), int(durations.max())}


def _exact_sum(values: Integers) -> int:
    """What 8 bytes cannot hold is summed up in Python."""
    if not len(values):
        return 0
    largest = max(abs(int(values.min())), abs(int(values.max())))
    return int(values.sum(dtype=np.int64)) if largest * len(values) <= _MOST else sum(values.tolist())


def _merge(channel: ChannelAccount, more: ChannelAccount) -> None:
    channel.readings += more.readings
    channel.unknown += more.unknown
    channel.first_start = min(channel.first_start, more.first_start)
    channel.last_start = max(channel.last_start, more.last_start)
    channel.lengths = set(sorted(channel.lengths | more.lengths)[:2])
    for scale, total in more.sums.items():
        channel.sums[scale] = channel.sums.get(scale, 0) + total

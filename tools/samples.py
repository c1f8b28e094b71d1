"""`make samples DIR=FOLDER`: every file of a folder against what its truth.json says is in it.

truth.json has a member a file: `series`, each with `readings`, `without_value`, `first_start`, `last_start`, `unit` and
`sum_raw`, and `notes`. A file that the notes, or its line in INDEX.md, call INVALID is to be refused or to have rows
rejected. A time zone that a note names is that of the file's times; --timezone says it for the others.
"""

import os
import re
import sys
from argparse import ArgumentParser
from collections.abc import Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo, available_timezones

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cdsc_portal.settings")
django.setup()  # what a kind of feed takes is declared beside its tables

from cdsc_portal.lib.json.reader import read_json  # noqa: E402
from datahub.feeds.formats.units import measure  # noqa: E402
from datahub.feeds.runs.dry_run import (  # noqa: E402
    ChannelAccount,
    FileAccount,
    UnknownFormatError,
    check_file,
    plain_text,
    utc_text,
)
from datahub.rows.base import FeedStructureError  # noqa: E402
from datahub.rows.usage import ChannelKey  # noqa: E402

_INVALID = re.compile(r"\bINVALID\b|\d+ numeric of \d+ expected")
_ZONE = re.compile(r"\b[A-Z]\w+/\w+(?:/\w+)?\b")
_IMPLIED = re.compile(r"\(.*\)")
_RIGHT = ("ok", "refused as it should be", "rejected as it should be", "no format reads it")


class Facts(NamedTuple):
    """What tells one series from another; the sum in the unit that is kept."""

    readings: int
    unknown: int
    first_start: str
    last_start: str
    sum: str

    @classmethod
    def of_truth(cls, series: Mapping[str, Any], *, as_energy: bool) -> "Facts":
        """`as_energy`: power is kept as what it makes over its length."""
        unit = _IMPLIED.sub("", series["unit"])
        kept = measure(unit) if unit else None
        total = Decimal(series["sum_raw"]).scaleb(kept.exponent if kept else 0)
        if as_energy and kept is not None and kept.unit == "W" and len(series["durations_s"]) == 1:
            total = total * series["durations_s"][0] / 3600
        return cls(
            series["readings"],
            series["without_value"],
            series["first_start"],
            series["last_start"],
            plain_text(total),
        )

    @classmethod
    def of_channel(cls, key: ChannelKey, channel: ChannelAccount, wanted: set["Facts"]) -> "Facts":
        """What is fed in may stand in a file as negative use: the direction says so then, not the sign."""
        facts = cls(
            channel.readings,
            channel.unknown,
            utc_text(channel.first_start),
            utc_text(channel.last_start),
            plain_text(channel.total),
        )
        negative = facts._replace(sum=plain_text(-channel.total))
        return negative if key.direction == "export" and facts not in wanted and negative in wanted else facts

    def __str__(self) -> str:
        unknown = f", {self.unknown} unknown" if self.unknown else ""
        return (
            f"{self.readings} readings{unknown} from {self.first_start} to {self.last_start}, sum {self.sum}"
        )


class Outcome(NamedTuple):
    word: str
    details: list[str]


def main(arguments: list[str]) -> int:
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument(
        "--timezone", action="append", default=[], metavar="[FILE=]ZONE", help="of times without an offset"
    )
    options = parser.parse_args(arguments)
    truths = read_json((options.folder / "truth.json").read_bytes())
    zones = dict(pair.rpartition("=")[::2] for pair in options.timezone)
    outcomes = [
        (name, _outcome(options.folder / name, truth, zones, _is_noted_invalid(options.folder, name, truth)))
        for name, truth in truths.items()
    ]
    width = max((len(name) for name, _ in outcomes), default=0)
    for name, outcome in outcomes:
        first, *more = outcome.details or [""]
        print(f"{name:{width}}  {outcome.word:24}  {first}".rstrip())
        for detail in more:
            print(f"{'':{width}}  {'':24}  {detail}")
    wrong = [name for name, outcome in outcomes if outcome.word not in _RIGHT]
    print(f"{len(outcomes) - len(wrong)} of {len(outcomes)} files are as they should be")
    return bool(wrong)


def _is_noted_invalid(folder: Path, name: str, truth: Mapping[str, Any]) -> bool:
    index = folder / "INDEX.md"
    lines = index.read_text(encoding="utf-8").splitlines() if index.exists() else []
    about = [line for line in lines if name in line]
    return any(_INVALID.search(text) for text in (*about, *truth.get("notes", ())))


def _zone(name: str, truth: Mapping[str, Any], zones: Mapping[str, str]) -> ZoneInfo:
    noted = [word for note in truth.get("notes", ()) for word in _ZONE.findall(note)]
    named = [word for word in noted if word in available_timezones()]
    return ZoneInfo(zones.get(name) or next(iter(named), "") or zones.get("") or "UTC")


def _outcome(path: Path, truth: Mapping[str, Any], zones: Mapping[str, str], invalid: bool) -> Outcome:
    try:
        account = check_file(path, zone=_zone(path.name, truth, zones))
    except UnknownFormatError:
        return Outcome("no format reads it", [])
    except FeedStructureError as error:
        return Outcome("refused as it should be" if invalid else "REFUSED", [str(error)])
    except OSError as error:
        return Outcome("NOT THERE", [str(error.strerror)])
    reasons = [f"line {rejection.line}: {rejection.reason}" for rejection in account.rejected[:3]]
    if invalid:
        return Outcome("rejected as it should be" if reasons else "TAKEN, THOUGH INVALID", reasons)
    differences = list(_differences(account, truth["series"]))
    if differences:
        return Outcome("DIFFERS", differences + reasons)
    rejected = f", {len(account.rejected)} rejected" if account.rejected else ""
    return Outcome(
        "ok", [f"{account.format}: {account.accepted} accepted{rejected}, {len(truth['series'])} series"]
    )


def _differences(account: FileAccount, series: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    as_energy = all(key.unit == "Wh" for key in account.channels)
    wanted = {name: Facts.of_truth(truth, as_energy=as_energy) for name, truth in series.items()}
    channels = [
        (key, Facts.of_channel(key, channel, set(wanted.values())))
        for key, channel in account.channels.items()
    ]
    if account.rejected and any(_faulty(truth) for truth in series.values()):
        yield from _differences_of_faulty(account, wanted, channels)
        return
    left = [facts for _, facts in channels]
    for name, facts in wanted.items():
        if facts in left:
            left.remove(facts)
        else:
            yield f"not found: {name}: {facts}"
    for key, facts in channels:
        if facts in left and key.kind != "register":  # reads beside the quantities of their periods
            yield f"more than is there: {key.meter_number} {key.register} {key.kind}: {facts}"
    if account.rejected:
        yield f"{len(account.rejected)} rows rejected"


def _faulty(series: Mapping[str, Any]) -> bool:
    """Whether the truth itself tells of rows that contradict each other."""
    return bool(series.get("duplicate_starts")) or any(length <= 0 for length in series["durations_s"])


def _differences_of_faulty(
    account: FileAccount, wanted: Mapping[str, Facts], channels: list[tuple[ChannelKey, Facts]]
) -> Iterator[str]:
    """Each row is in a reading or in a rejection, and the series begin and end as they should."""
    due = sum(facts.readings for facts in wanted.values())
    if account.rows != due:
        yield f"{account.rows} rows accepted or rejected where there are {due}"
    spans = sorted((facts.first_start, facts.last_start) for facts in wanted.values())
    if sorted((facts.first_start, facts.last_start) for _, facts in channels) != spans:
        yield f"the series do not begin and end at {spans}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

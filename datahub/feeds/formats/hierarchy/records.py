"""The records of a hierarchy feed, the same in JSON and CSV: which fields each kind has and what they must hold.

Dates are local, times carry an offset or are in the feed's zone; `end` is the first day or instant no longer
covered. Programs are numbers separated by ";".
"""

from collections.abc import Callable, Hashable, Iterable
from datetime import datetime
from operator import attrgetter
from typing import Any, Literal, NamedTuple
from zoneinfo import ZoneInfo

from accounts.feed_rows import (
    AccountRow,
    ContractRow,
    CustomerRow,
    EntityRow,
    Hierarchy,
    InstallationRow,
    MembershipRow,
    MeterRow,
    PointLinkRow,
    PointRow,
    PremiseRow,
    ProgramRow,
)
from datahub.feeds.formats.cells import (
    at_most,
    is_before,
    iso_date,
    iso_date_or_none,
    needed,
    one_of,
    whole_number,
    yes_or_no,
)
from datahub.feeds.formats.hierarchy.unique_rows import UniqueRows
from datahub.feeds.formats.local_time import instant, instant_or_none
from datahub.feeds.formats.rejections import reject
from datahub.feeds.formats.table import Ragged
from datahub.rows.base import Cells, FeedStructureError, Rejection

_Reader = Callable[[str, str, ZoneInfo], Any]  # (text, name of the field, zone)


class Record(NamedTuple):
    """A kind of record: its row, its list in `Hierarchy`, how each field is read, what tells two apart."""

    row: Callable[..., Any]
    collection: str
    fields: dict[str, _Reader]
    key: tuple[str, ...]


def _must(longest: int) -> _Reader:
    return lambda text, name, _: needed(text, name, longest)


def _may(longest: int) -> _Reader:
    return lambda text, name, _: at_most(text, name, longest)


def _address(text: str, name: str, _: ZoneInfo) -> str:
    """On one line, however it was broken into lines."""
    return at_most(" ".join(text.split()), name, 300)


def _needed_address(text: str, name: str, zone: ZoneInfo) -> str:
    return needed(_address(text, name, zone), name)


def _among(*allowed: str) -> _Reader:
    return lambda text, name, _: one_of(text, name, *allowed)


def _programs(text: str, name: str, _: ZoneInfo) -> tuple[str, ...]:
    return tuple(at_most(part.strip(), name, 50) for part in text.split(";") if part.strip())


_COMMODITY = _among("electricity", "natural_gas", "water")
_DATES: dict[str, _Reader] = {
    "start": lambda text, name, _: iso_date(needed(text, name)),
    "end": lambda text, name, _: iso_date_or_none(text),
}
_TIMES: dict[str, _Reader] = {
    "start": lambda text, name, zone: instant(needed(text, name), zone),
    "end": lambda text, name, zone: instant_or_none(text, zone),
}

RECORDS: dict[str, Record] = {
    "entity": Record(
        EntityRow,
        "entities",
        {
            "name": _must(150),
            "abbreviation": _may(20),
            "kind": _among("distribution_utility", "supplier"),
        },
        ("name",),
    ),
    "program": Record(
        ProgramRow, "programs", {"program_number": _must(50), "name": _must(150)}, ("program_number",)
    ),
    "customer": Record(
        CustomerRow,
        "customers",
        {
            "customer_number": _must(50),
            "name": _must(200),
            "is_test": lambda text, name, _: yes_or_no(text, name) if text else None,
        },
        ("customer_number",),
    ),
    "membership": Record(
        MembershipRow,
        "memberships",
        {
            "customer_number": _must(50),
            "email": lambda text, name, _: _email(needed(text, name, 254)),
            "user_name": _may(150),
            "role": _among("owner", "viewer", "delegate"),
            "account_number": _may(50),
            "may_share": lambda text, name, _: yes_or_no(text, name),
            "until": lambda text, name, zone: instant_or_none(text, zone),
        },
        ("customer_number", "email", "account_number"),
    ),
    "account": Record(
        AccountRow,
        "accounts",
        {
            "account_number": _must(50),
            "customer_number": _must(50),
            "parent_number": _may(50),
            "address": _address,
            "programs": _programs,
        },
        ("account_number",),
    ),
    "contract": Record(
        ContractRow,
        "contracts",
        {
            "contract_number": _must(50),
            "account_number": _must(50),
            "commodity": _COMMODITY,
            "distribution": _may(150),
            "address": _address,
            **_DATES,
            "programs": _programs,
        },
        ("contract_number",),
    ),
    "premise": Record(
        PremiseRow,
        "premises",
        {
            "premise_number": _must(50),
            "address": _needed_address,
        },
        ("premise_number",),
    ),
    "point": Record(
        PointRow,
        "points",
        {
            "servicepoint_number": _must(50),
            "premise_number": _may(50),
            "commodity": _COMMODITY,
            "voltage": lambda text, name, _: whole_number(text, name) if text else None,
            "region": _may(50),
            "pricing_node": _may(50),
            "region_since": lambda text, name, zone: instant_or_none(text, zone),
        },
        ("servicepoint_number",),
    ),
    "meter": Record(
        MeterRow, "meters", {"meter_number": _must(100), "commodity": _COMMODITY}, ("meter_number",)
    ),
    "point_link": Record(
        PointLinkRow,
        "point_links",
        {"contract_number": _must(50), "servicepoint_number": _must(50), **_TIMES},
        ("contract_number", "servicepoint_number", "start"),
    ),
    "installation": Record(
        InstallationRow,
        "installations",
        {"meter_number": _must(100), "servicepoint_number": _must(50), **_TIMES},
        ("meter_number", "start"),
    ),
}
MOST_BYTES = 256 << 20  # a full one cannot be sent in parts
MOST_RECORDS = 4_000_000
FIELDS = tuple(dict.fromkeys(name for record in RECORDS.values() for name in record.fields))


_LANES: dict[str, Callable[[Any], Hashable]] = {
    "point_link": lambda row: (row.contract_number, row.servicepoint_number),
    "installation": lambda row: row.meter_number,
}


def collect(
    records: Iterable[tuple[int, str, Cells]], *, about: Cells, zone: ZoneInfo
) -> tuple[Hierarchy, list[Rejection]]:
    """The hierarchy of `(line, kind, cells)`; a record told twice, or that contradicts another, is rejected.

    `about` holds `mode` and `as_of` when the records are through. Raises FeedStructureError if the file does not say
    whether it is full and as of when, or holds more records than can be compared with each other.
    """
    parts = {
        kind: UniqueRows(kind, attrgetter(*record.key), _LANES.get(kind)) for kind, record in RECORDS.items()
    }
    rejected: list[Rejection] = []
    for count, (line, kind, cells) in enumerate(records, 1):
        if count > MOST_RECORDS:
            raise FeedStructureError(f"line {line}: more than {MOST_RECORDS:,} records")
        try:
            row = _row(line, kind, cells, zone)
        except ValueError as error:
            reject(rejected, line, str(error), ",".join(filter(None, cells.values())))
        else:
            parts[kind].append(row)
    mode, as_of = _scope(about.get("mode", ""), about.get("as_of", ""), zone)
    rows = {RECORDS[kind].collection: part.finish(rejected) for kind, part in parts.items()}
    hierarchy = Hierarchy(mode, as_of, **rows)
    return hierarchy, sorted(rejected, key=lambda rejection: rejection.line)


def _scope(mode: str, as_of: str, zone: ZoneInfo) -> tuple[Literal["full", "changes"], datetime]:
    try:
        return one_of(mode, "mode", "full", "changes"), instant(as_of, zone)
    except ValueError as error:
        raise FeedStructureError(f"what the file covers is not said: {error}") from error


def _row(line: int, kind: str, cells: Cells, zone: ZoneInfo) -> Any:
    if isinstance(cells, Ragged):
        raise ValueError(cells.reason)
    if kind not in RECORDS:
        raise ValueError(f"record {kind!r} is none of {', '.join(RECORDS)}")
    record = RECORDS[kind]
    strange = [name for name, text in cells.items() if text and name not in record.fields]
    if strange:
        raise ValueError(f"a {kind} has no {', '.join(strange)}")
    row = record.row(
        line, **{name: read(cells.get(name, ""), name, zone) for name, read in record.fields.items()}
    )
    if isinstance(row, MembershipRow) and (row.role == "delegate") != (row.until is not None):
        raise ValueError("a delegate, and nobody else, has an until")
    if "end" in record.fields:
        is_before(row.start, row.end)
    return row


def _email(text: str) -> str:
    if text.count("@") != 1 or text.startswith("@") or text.endswith("@") or " " in text:
        raise ValueError(f"{text!r} is not an e-mail address")
    return text.lower()

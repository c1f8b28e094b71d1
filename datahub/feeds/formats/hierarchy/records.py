"""The records of a hierarchy feed, the same in JSON and CSV: which fields each kind has and what they must hold.

Dates are local, times carry an offset or are in the feed's zone; `end` is the first day or instant no longer
covered. Programs are numbers separated by ";".
"""

from collections.abc import Callable, Hashable, Iterable
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
from datahub.feeds.formats.limits import reject
from datahub.feeds.formats.local_time import instant, instant_or_none
from datahub.feeds.formats.table import Ragged
from datahub.rows.base import Cells, FeedStructureError, Rejection

_Reader = Callable[[str, str, ZoneInfo], Any]  # (text, name of the field, zone)


class RecordKind(NamedTuple):
    """Its row, its list in `Hierarchy`, the reader of each field, the fields that identify a record."""

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


def _email(text: str, name: str, _: ZoneInfo) -> str:
    needed(text, name, 254)
    if text.count("@") != 1 or text.startswith("@") or text.endswith("@") or " " in text:
        raise ValueError(f"{text!r} is not an e-mail address")
    return text.lower()


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

RECORDS: dict[str, RecordKind] = {
    "entity": RecordKind(
        EntityRow,
        "entities",
        {
            "name": _must(150),
            "abbreviation": _may(20),
            "kind": _among("distribution_utility", "supplier"),
        },
        ("name",),
    ),
    "program": RecordKind(
        ProgramRow, "programs", {"program_number": _must(50), "name": _must(150)}, ("program_number",)
    ),
    "customer": RecordKind(
        CustomerRow,
        "customers",
        {
            "customer_number": _must(50),
            "name": _must(200),
            "is_test": lambda text, name, _: yes_or_no(text, name) if text else None,
        },
        ("customer_number",),
    ),
    "membership": RecordKind(
        MembershipRow,
        "memberships",
        {
            "customer_number": _must(50),
            "email": _email,
            "user_name": _may(150),
            "role": _among("owner", "viewer", "delegate"),
            "account_number": _may(50),
            "may_share": lambda text, name, _: yes_or_no(text, name),
            "until": lambda text, name, zone: instant_or_none(text, zone),
        },
        ("customer_number", "email", "account_number"),
    ),
    "account": RecordKind(
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
    "contract": RecordKind(
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
    "premise": RecordKind(
        PremiseRow,
        "premises",
        {
            "premise_number": _must(50),
            "address": lambda text, name, zone: needed(_address(text, name, zone), name),
        },
        ("premise_number",),
    ),
    "point": RecordKind(
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
    "meter": RecordKind(
        MeterRow, "meters", {"meter_number": _must(100), "commodity": _COMMODITY}, ("meter_number",)
    ),
    "point_link": RecordKind(
        PointLinkRow,
        "point_links",
        {"contract_number": _must(50), "servicepoint_number": _must(50), **_TIMES},
        ("contract_number", "servicepoint_number", "start"),
    ),
    "installation": RecordKind(
        InstallationRow,
        "installations",
        {"meter_number": _must(100), "servicepoint_number": _must(50), **_TIMES},
        ("meter_number", "start"),
    ),
}
MOST_BYTES = 256 << 20  # a full hierarchy cannot be sent in several files
MOST_RECORDS = 4_000_000
FIELDS = tuple(dict.fromkeys(name for record in RECORDS.values() for name in record.fields))
# of records with one of these, no two may cover the same time
_EXCLUSION_KEYS: dict[str, Callable[[Any], Hashable]] = {
    "point_link": lambda row: (row.contract_number, row.servicepoint_number),
    "installation": lambda row: row.meter_number,
}


def collect(
    records: Iterable[tuple[int, str, Cells]], *, about: Cells, zone: ZoneInfo
) -> tuple[Hierarchy, list[Rejection]]:
    """The hierarchy of `(line, kind, cells)`; a record that repeats or contradicts another is rejected.

    `about` has `mode` and `as_of` once all records are read. Raises FeedStructureError if the file does not state
    whether it is full and as of when, or has more records than can be compared with each other.
    """
    parts = {
        kind: UniqueRows(kind, attrgetter(*record.key), _EXCLUSION_KEYS.get(kind))
        for kind, record in RECORDS.items()
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
    try:
        mode: Literal["full", "changes"] = one_of(about.get("mode", ""), "mode", "full", "changes")
        as_of = instant(about.get("as_of", ""), zone)
    except ValueError as error:
        raise FeedStructureError(f"what the file covers is not said: {error}") from error
    rows = {RECORDS[kind].collection: part.finish(rejected) for kind, part in parts.items()}
    hierarchy = Hierarchy(mode, as_of, **rows)
    return hierarchy, sorted(rejected, key=lambda rejection: rejection.line)


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

"""Bills as JSON: `bills`, a list of statements with their `sections`, and of each section its charges.

A statement, a section and a line have the members that the records of `bills_csv` have as columns. A section's charges
are `lines`, `tiers` (lines of kind usage), `taxes` (of kind tax) and `credits` (of kind credit), which say no kind.
Figures are numbers or text, dates are text, a member that is not known is null or left out. A fault is named by its
path, as in `bills[3].sections[0].amount`.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import partial
from io import BytesIO
from json import JSONDecoder
from typing import Any
from zoneinfo import ZoneInfo

from cdsc_portal.lib.json.reader import once_each, refuse_constant
from datahub.feeds.formats.bills.bills_csv import MONEY_DECIMALS, MOST_RECORDS_OF_A_BILL, wrong_sums
from datahub.feeds.formats.cells import at_most, decimal, is_before, iso_date, needed, one_of
from datahub.feeds.formats.json_members import Member, members_of
from datahub.rows.base import NO_SETTINGS, FeedStructureError, Parsed, Rejection, Settings
from datahub.rows.bills import BillLineRow, BillRow, BillSectionRow

NAME = "bills_json"
KIND = "bills"
SUFFIXES = (".json",)

_CHARGES = {"lines": None, "tiers": "usage", "taxes": "tax", "credits": "credit"}
_OPENINGS = re.compile(r'"(?:[^"\\]|\\.)*"|([{\n])')
_MOST_MEMBERS = 1_000_000  # each is an object of its own in memory
_MOST_REJECTED = 20_000
_CURRENCY = re.compile(r"[A-Z]{3}")
_Reader = Callable[[Any], Any]


def sniff(content: bytes) -> bool:
    head = content[: 1 << 14].removeprefix(b"\xef\xbb\xbf").lstrip()
    return head.startswith(b"{") and b'"bills"' in head and b'"as_of"' not in head


def parse(content: bytes, *, zone: ZoneInfo, settings: Settings = NO_SETTINGS) -> Parsed[BillRow]:
    """One row a statement. A statement is taken whole or not at all: one wrong member, or a sum that does not add up,
    rejects each of its records with a reason. Raises FeedStructureError: not JSON, a member twice in an object, other
    members than `bills`.
    """
    if content.count(b",") > _MOST_MEMBERS:
        raise FeedStructureError(f"more than {_MOST_MEMBERS:,} members: send the bills in several files")
    rows: list[BillRow] = []
    rejected: list[Rejection] = []
    seen: dict[str, str] = {}
    for number, member in enumerate(members_of(BytesIO(content), _DECODER)):
        if len(rejected) > _MOST_REJECTED:
            raise FeedStructureError(f"more than {_MOST_REJECTED:,} faults; the first: {rejected[0].reason}")
        if member.name != "bills" or member.text[:1] == "[":
            raise FeedStructureError(f"line {member.line}: {member.name!r} is no list of bills")
        if member.text.count("{") > MOST_RECORDS_OF_A_BILL:
            raise FeedStructureError(f"bills[{number}] has more than {MOST_RECORDS_OF_A_BILL:,} records")
        statement = _Statement(member, f"bills[{number}]")
        bill = statement.bill()
        if bill and not statement.faults:
            first = seen.setdefault(bill.statement_number, statement.path)
            if first != statement.path:
                reason = f"{bill.statement_number} is that of {first}"
                statement.fault(f"{statement.path}.statement_number", reason)
        if bill and not statement.faults:
            rows.append(bill)
        else:
            rejected += statement.rejections()
    return Parsed(rows, rejected)


@dataclass(slots=True)
class _Statement:
    """A statement and the objects in it, its records, by their path in the order of the file."""

    member: Member
    path: str
    lines: dict[str, int] = field(default_factory=dict)
    faults: dict[str, list[str]] = field(default_factory=dict)  # by the path of the record

    def __post_init__(self) -> None:
        paths = list(_paths(self.member.value, self.path)) or [self.path]
        self.lines = dict(zip(paths, _lines(self.member), strict=False)) or {self.path: self.member.line}

    def fault(self, path: str, reason: str) -> None:
        above = [record for record in self.lines if f"{path}.".startswith((f"{record}.", f"{record}["))]
        self.faults.setdefault(max(above, key=len), []).append(f"{path}: {reason}")

    def rejections(self) -> list[Rejection]:
        first = min(self.faults, key=list(self.lines).index)
        return [
            Rejection(line, "; ".join(self.faults.get(path, [f"not taken, because of {first}"])), path)
            for path, line in self.lines.items()
        ]

    def bill(self) -> BillRow | None:
        """The statement, if it could be built; else `faults` has the reasons."""
        value = self.member.value
        members = self._read(value, self.path, _STATEMENT, "sections")
        sections = []
        for section, path in self._list(value, self.path, "sections"):
            of_section = self._read(section, path, _SECTION, *_CHARGES)
            lines = [
                (
                    self.lines.get(of_line, 0),
                    {"kind": kind, **self._read(charge, of_line, _CHARGE if kind else _LINE)},
                )
                for name, kind in _CHARGES.items()
                for charge, of_line in self._list(section, path, name)
            ]
            sections.append((self.lines.get(path, 0), of_section, lines))
        if self.faults:
            return None
        rows = tuple(
            BillSectionRow(
                line, **of_section, lines=tuple(BillLineRow(at, **of_line) for at, of_line in lines)
            )
            for line, of_section, lines in sections
        )
        bill = BillRow(self.member.line, **members, sections=rows)
        for row, reason in wrong_sums(bill):
            place = next((place for place, section in enumerate(rows) if section is row), None)
            of_section_path = "" if place is None else f".sections[{place}]"
            self.fault(f"{self.path}{of_section_path}.amount", reason)
        return bill

    def _read(
        self,
        value: Any,  # noqa: ANN401
        path: str,
        readers: Mapping[str, tuple[str, _Reader]],
        *others: str,
    ) -> dict[str, Any]:
        """The members by the name of their field, with the period checked."""
        if not isinstance(value, dict):
            self.fault(path, f"{_shown(value)} is not an object")
            return {}
        for name in value:
            if name not in readers and name not in others:
                self.fault(f"{path}.{name}", "there is no such member")
        fields: dict[str, Any] = {}
        for name, (field_name, reader) in readers.items():
            try:
                fields[field_name] = reader(value.get(name))
            except ValueError as error:
                self.fault(f"{path}.{name}", str(error))
        if fields.get("start") and fields.get("end"):
            try:
                is_before(fields["start"], fields["end"])
            except ValueError as error:
                self.fault(f"{path}.end", str(error))
        return fields

    def _list(self, value: Any, path: str, name: str) -> Iterator[tuple[Any, str]]:  # noqa: ANN401
        items = value.get(name) if isinstance(value, dict) else None
        if items is None:
            return
        if not isinstance(items, list):
            self.fault(f"{path}.{name}", f"{_shown(items)} is not a list")
            return
        for place, item in enumerate(items):
            yield item, f"{path}.{name}[{place}]"


def _paths(value: Any, path: str) -> Iterator[str]:  # noqa: ANN401
    """Of each object in `value`, in the order in which they open."""
    if isinstance(value, dict):
        yield path
        for name, item in value.items():
            yield from _paths(item, f"{path}.{name}")
    elif isinstance(value, list):
        for place, item in enumerate(value):
            yield from _paths(item, f"{path}[{place}]")


def _lines(member: Member) -> Iterator[int]:
    """The line of each object in a member, in the order in which they open."""
    line = member.line
    for mark in _OPENINGS.finditer(member.text):
        if mark[1] == "{":
            yield line
        elif mark[1]:
            line += 1


def _text(value: Any, longest: int, *, must: bool = False) -> str:  # noqa: ANN401
    if value is None or value == "":
        return needed("", "it") if must else ""
    if not isinstance(value, str):
        raise ValueError(f"{_shown(value)} is not text")
    return at_most(value.strip(), "it", longest)


def _date(value: Any, *, must: bool = False) -> date | None:  # noqa: ANN401
    text = _text(value, 50, must=must)
    return iso_date(text) if text else None


def _figure(value: Any, decimals: int, *, must: bool = False) -> Decimal | None:  # noqa: ANN401
    if isinstance(value, bool) or not isinstance(value, Decimal | str | None):
        raise ValueError(f"{_shown(value)} is not a number")
    text = "" if value is None else str(value).strip()  # keeps the exponent, which may be a billion zeros
    if not text and not must:
        return None
    return decimal(text, "it", decimals=decimals)


def _currency(value: Any) -> str:  # noqa: ANN401
    text = _text(value, 50, must=True)
    if not _CURRENCY.fullmatch(text):
        raise ValueError(f"{text!r} is not three capital letters")
    return text


def _shown(value: Any) -> str:  # noqa: ANN401
    return f"{str(value)[:40]!r}"


_DECODER = JSONDecoder(
    parse_float=Decimal, parse_int=Decimal, parse_constant=refuse_constant, object_pairs_hook=once_each
)
_money = partial(_figure, decimals=MONEY_DECIMALS)
_needed_money = partial(_money, must=True)
_needed_date = partial(_date, must=True)
_STATEMENT: Mapping[str, tuple[str, _Reader]] = {
    "account_number": ("account_number", partial(_text, longest=50, must=True)),
    "statement_number": ("statement_number", partial(_text, longest=60, must=True)),
    "statement_date": ("statement_date", _needed_date),
    "due_date": ("due_date", _date),
    "start": ("start", _needed_date),
    "end": ("end", _needed_date),
    "currency": ("currency", _currency),
    "amount": ("amount", _needed_money),
    "previous_balance": ("previous_balance", _money),
    "paid": ("paid", _money),
    "new_charges": ("new_charges", _money),
    "open_amount": ("open_amount", _money),
    "file": ("file_name", partial(_text, longest=255)),
    "replaces": ("replaces", partial(_text, longest=60)),
}
_SECTION: Mapping[str, tuple[str, _Reader]] = {
    "contract_number": ("contract_number", partial(_text, longest=50, must=True)),
    "start": ("start", _needed_date),
    "end": ("end", _needed_date),
    "commodity": (
        "commodity",
        lambda value: one_of(_text(value, 50, must=True), "it", "electricity", "natural_gas", "water"),
    ),
    "supplier": ("supplier", partial(_text, longest=150)),
    "tariff_code": ("tariff_code", partial(_text, longest=50)),
    "tariff_name": ("tariff_name", partial(_text, longest=150)),
    "amount": ("amount", _needed_money),
}
_CHARGE: Mapping[str, tuple[str, _Reader]] = {
    "name": ("name", partial(_text, longest=200, must=True)),
    "quantity": ("quantity", partial(_figure, decimals=6)),
    "unit": ("unit", partial(_text, longest=20)),
    "rate": ("rate", partial(_figure, decimals=8)),
    "amount": ("amount", _needed_money),
}
_LINE: Mapping[str, tuple[str, _Reader]] = {**_CHARGE, "kind": ("kind", partial(_text, longest=30))}

"""What a grant of an attack may bring, told from what the customers of the demo have and agreed to alone."""

import csv
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import orjson

from demo.utility.structure import Contract, Utility

# by scope: the addresses that it opens
_FILE = "/bill_statements/file"
OPENED = {
    "usage_data": ("/usage_data", "/usage_sums", "/usage_data/file"),
    "bill_data": ("/bill_data",),
    "bill_statements": ("/bill_statements", _FILE),
    "customer_distribution_details": ("/distribution_details",),
    "customer_supply_details": ("/supply_details",),
    "customer_supply_history": ("/supply_history",),
    "generation_mix": ("/generation_mix", "/generation_breakdown", "/consumption_breakdown", "/residual_mix"),
}
_OF_PERIODS = ("/usage_data", "/usage_sums", "/usage_data/file", *OPENED["generation_mix"])
_NUMBER = re.compile(r"[A-Za-z\d]+(?:-\d+)+")


@dataclass(frozen=True, slots=True)
class Share:
    """What one customer shares with the client at `place`: `services` or all, from `start` to `end` inclusive.

    `unticked` is asked for and not given. `end_by` says how it is over before the calls, if it is.
    """

    email: str
    place: int
    scopes: tuple[str, ...]
    start: date
    end: date
    services: tuple[str, ...] = ()
    unticked: str = ""
    end_by: str = ""


@dataclass(slots=True)
class Holder:
    """A client with the token of one grant. `over` is since when nothing may come, of the monotonic clock."""

    share: Share
    grant_id: str
    token: str
    contracts: frozenset[str]
    over: float | None = None
    releases: int = 0
    before: int = 0
    cursors: list[str] = field(default_factory=list)
    etags: list[str] = field(default_factory=list)


class Oracle:
    """Looks at answers; it asks neither the server nor its database."""

    def __init__(self, utility: Utility, zone: ZoneInfo) -> None:
        self._zone, self.today = zone, utility.today
        self.contracts = {contract.number: contract for contract in utility.contracts}
        customers = {account.number: account.customer for account in utility.accounts}
        owners = {person.customer: person.email for person in utility.people if person.role == "owner"}
        self._owner = {
            number: owners.get(customers[contract.account]) for number, contract in self.contracts.items()
        }
        self._names = {number: _names(contract) for number, contract in self.contracts.items()}

    def shared(self, share: Share) -> frozenset[str]:
        """The contracts that `share` holds: of the customer's own, never of who lived there before."""
        mine = {number for number, owner in self._owner.items() if owner == share.email}
        return frozenset((mine & set(share.services) if share.services else mine) - {share.unticked})

    def foreign(self, holder: Holder) -> list[str]:
        """Numbers of all kinds that `holder` may not read."""
        allowed = self._allowed(holder)
        return sorted(name for names in self._names.values() for name in names if name not in allowed)

    def finding(self, holder: Holder, path: str, kind: str, text: str) -> str | None:
        """What an answer of 200 holds that the grant does not; None where all is well."""
        if path not in {path for scope in holder.share.scopes for path in OPENED[scope]}:
            return f"{path} answered beyond the scopes"
        rows = _rows(kind, text)
        shown = json.dumps(rows) if rows is not None else text
        known = {name for names in self._names.values() for name in names}
        if leaked := set(_NUMBER.findall(shown)) & (known - self._allowed(holder)):
            return f"{path} named {sorted(leaked)[:3]}"
        for row in rows or ():
            numbers = row.get("contract_numbers", row.get("contract_number"))
            named = numbers.split() if isinstance(numbers, str) else numbers
            if not named or not set(named) <= holder.contracts:
                return f"{path} brought a row of {named}"
            spans = [self._span(holder, number, path) for number in named]
            first, last = min(start for start, _ in spans), max(end for _, end in spans)
            for start, end in _periods(row) if path in _OF_PERIODS else ():
                if start < first or end > last:
                    return f"{path} brought {start} to {end} of {named}, outside {first} to {last}"
        return None

    def _allowed(self, holder: Holder) -> set[str]:
        return {name for number in holder.contracts for name in self._names[number]}

    def _span(self, holder: Holder, number: str, path: str) -> tuple[datetime, datetime]:
        """The period of the grant in which the contract is the customer's."""
        contract = self.contracts[number]
        last = holder.share.end + timedelta(days=1)
        start = max(holder.share.start, contract.start)
        return self._midnight(start), self._midnight(min(last, contract.end or last))

    def _midnight(self, day: date) -> datetime:
        return datetime(day.year, day.month, day.day, tzinfo=self._zone)


def _names(contract: Contract) -> set[str]:
    """The numbers by which a contract, its account and its meters are known."""
    meters = {name for meter in contract.meters for name in (meter.number, meter.point)}
    return {contract.number, *({contract.account} if "-" in contract.account else ()), *meters}


def _rows(kind: str, text: str) -> list[dict[str, Any]] | None:
    """The rows of JSON and CSV; None for other forms, of which the text is looked at."""
    if kind.startswith("application/json"):
        return list(orjson.loads(text)["data"])
    if kind.startswith("text/csv"):
        return list(csv.DictReader(line for line in text.splitlines() if not line.startswith("#")))
    return None


def _periods(value: object) -> Iterator[tuple[datetime, datetime]]:
    """Each start with its end, however deep."""
    if isinstance(value, dict):
        start, end = value.get("start"), value.get("end")
        if isinstance(start, str) and isinstance(end, str) and "T" in start and "T" in end:
            yield datetime.fromisoformat(start), datetime.fromisoformat(end)
    if isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _periods(inner)

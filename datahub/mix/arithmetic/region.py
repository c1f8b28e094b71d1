"""A region's amounts of any length as its steps: sums of what is shorter, parts of what is longer."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from datahub.mix.arithmetic.amounts import Amounts
from datahub.mix.arithmetic.residual import RegionStep, spread
from datahub.mix.arithmetic.sources import source_of

HOUR = 3600
Holder = tuple[str, int | None]  # for whom certificates were cancelled: a tariff's code, or "" and a contract
NOBODY: Holder = ("", None)
_SPREAD = ("issued", "expired", "tracked", "cancelled")
_MEASURED = ("generated", "consumed")


class Amount(NamedTuple):
    """Watt-hours of one source during [start, start + seconds), in epoch seconds, as a feed names it."""

    kind: str
    holder: Holder
    source: str
    start: int
    seconds: int
    wh: int
    provisional: bool


@dataclass(slots=True)
class Step:
    """What is known of one step, in watt-hours by our sources."""

    by_kind: dict[str, dict[str, int]] = field(default_factory=dict)
    cancelled: dict[Holder, dict[str, int]] = field(default_factory=dict)
    provisional: bool = False

    @property
    def generated(self) -> Amounts:
        return self.by_kind.get("generated", {})

    @property
    def fill(self) -> Amounts:
        """The attribute mix that fills a deficit."""
        return self.by_kind.get("attribute", {})

    def region(self) -> RegionStep:
        """What the residual mix is computed from."""
        tracked, consumed = self.by_kind.get("tracked", {}), self.by_kind.get("consumed")
        untracked_use = None
        if consumed is not None:
            cancelled = sum(sum(amounts.values()) for amounts in self.cancelled.values())
            untracked_use = max(0, sum(consumed.values()) - cancelled - sum(tracked.values()))
        return RegionStep(
            generated=self.generated,
            issued=self.by_kind.get("issued", {}),
            expired=self.by_kind.get("expired", {}),
            tracked=tracked,
            untracked_use=untracked_use,
        )


def step_seconds(amounts: Iterable[Amount]) -> int:
    """The longest step, up to an hour, in which generation or consumption is reported; an hour where none is."""
    lengths = {amount.seconds for amount in amounts if amount.kind in _MEASURED and amount.seconds <= HOUR}
    return max(lengths, default=HOUR)


def region_steps(amounts: Iterable[Amount], seconds: int, wanted: range) -> dict[int, Step]:
    """By start, the steps of `seconds` that begin in `wanted` (epoch seconds) and of which anything is known.

    Certificates that last longer follow the rest of their source's generation over all of their time, which `amounts`
    has to hold; what else lasts longer is in no step.
    """
    table = _Table(seconds)
    long = []
    for amount in amounts:
        if amount.seconds <= seconds:
            table.add(amount, {amount.start: amount.wh})
        elif amount.kind in _SPREAD:
            long.append(amount)
    for amount, parts in [(amount, table.parts(amount)) for amount in sorted(long)]:
        table.add(amount, parts)
    return {start: step for start, step in table.steps.items() if start in wanted}


def spread_together(
    certificates: Iterable[tuple[str, str, int, int]], seconds: int = HOUR
) -> list[tuple[int, int]]:
    """The times of certificates that last longer than `seconds`, joined where those of one kind and source overlap.

    Each is a kind, a source as reported, a start and a length. What changes within such a time may move all of it: each
    certificate follows what those before it left.
    """
    by_profile: dict[tuple[str, str], list[tuple[int, int]]] = defaultdict(list)
    for kind, source, start, length in certificates:
        if kind in _SPREAD and length > seconds:
            by_profile[kind, source_of(source)].append((start, start + length))
    joined: list[tuple[int, int]] = []
    for spans in by_profile.values():
        first = len(joined)
        for start, past in sorted(spans):  # those that only meet stay apart: a month says nothing of the next
            if len(joined) > first and start < joined[-1][1]:
                joined[-1] = (joined[-1][0], max(joined[-1][1], past))
            else:
                joined.append((start, past))
    return joined


class _Table:
    """Steps by their start."""

    def __init__(self, seconds: int) -> None:
        self.seconds = seconds
        self.steps: dict[int, Step] = defaultdict(Step)

    def add(self, amount: Amount, parts: Mapping[int, int]) -> None:
        """Nothing is no part, unless it was reported of the step itself."""
        source = source_of(amount.source)
        for start, wh in parts.items():
            if not wh and len(parts) > 1:
                continue
            step = self.steps[start - start % self.seconds]
            _add(step.by_kind.setdefault(amount.kind, {}), source, wh)
            if amount.kind == "cancelled":
                _add(step.cancelled.setdefault(amount.holder, {}), source, wh)
            step.provisional = step.provisional or amount.provisional

    def parts(self, amount: Amount) -> dict[int, int]:
        """A long certificate's, by the steps of its time."""
        source = source_of(amount.source)
        first = amount.start - amount.start % self.seconds
        starts = range(first, amount.start + amount.seconds, self.seconds)
        return spread(
            amount.wh,
            {start: self._amount(start, amount.kind, source) for start in starts},
            {start: self._amount(start, "generated", source) for start in starts},
        )

    def _amount(self, start: int, kind: str, source: str) -> int:
        step = self.steps.get(start)
        return 0 if step is None else step.by_kind.get(kind, {}).get(source, 0)


def _add(amounts: dict[str, int], source: str, wh: int) -> None:
    amounts[source] = amounts.get(source, 0) + wh

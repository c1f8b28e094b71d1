"""A series over periods, its steps weighed by energy where that is known, else by time. Exact. Decision 47."""

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from cdsc_portal.lib.time.ranges import Span
from datahub.mix.arithmetic.amounts import ONE, UNKNOWN, divided, shares
from datahub.mix.series_places import MixName
from datahub.mix.steps import Steps, Words
from datahub.mix.weights import Used
from datahub.store.codec import Flags, Integers

REPORTED, COMPUTED, MIXED = "reported", "computed", "mixed"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_INT64 = 2**63


class Weighting(StrEnum):
    """What makes one step count more than another."""

    ENERGY = "energy"
    TIME = "time"


@dataclass(frozen=True, eq=False)
class Parts:
    """Parts [begins[i], ends[i]) of steps, in order, each in one bucket: `steps` has a row for each of them."""

    steps: Steps
    begins: Integers
    ends: Integers
    buckets: Integers

    @property
    def lengths(self) -> Integers:
        return self.ends - self.begins

    @cached_property
    def firsts(self) -> Integers:
        """The first part of each bucket that has parts."""
        return np.flatnonzero(np.diff(self.buckets, prepend=-1))

    @property
    def filled(self) -> Integers:
        """The buckets that have parts."""
        return self.buckets[self.firsts]

    @cached_property
    def once(self) -> tuple[Integers, Integers]:
        """When these begin and end, without the time that another region covers before."""
        before = np.concatenate([self.begins[:1], np.maximum.accumulate(self.ends)[:-1]])
        return np.minimum(np.maximum(self.begins, before), self.ends), self.ends

    def by_bucket(self, of: np.ufunc, rows: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """The `rows` of each bucket's parts brought together, such as by `np.add`."""
        together: npt.NDArray[Any] = of.reduceat(rows, self.firsts, axis=0)
        return together

    def as_one(self) -> "Parts":
        """The same parts in one bucket."""
        return replace(self, buckets=np.zeros_like(self.buckets))


@dataclass(frozen=True, slots=True)
class MixSum:
    """One bucket. `shares` sum to exactly 1; what is not known (None) is left aside.

    `amounts` are whole numbers that stand in the proportion of the shares: of energy in the unit that it is counted in,
    so that those of days add up to those of their month. `known_seconds` is for how long the series is known;
    `partly_known` are sources whose share is known for a part of that. `method` and `origin` are "mixed" where steps
    differ.
    """

    shares: Mapping[str, Decimal | None]
    amounts: Mapping[str, int]
    weighting: Weighting
    method: str
    methods: frozenset[str]
    origin: str
    provisional: bool
    known_seconds: int
    partly_known: frozenset[str]
    modified: datetime

    def share(self, source: str) -> Decimal | None:
        """Of any source, None where it is known at no time; of computed shares another source has 0."""
        if source in self.shares:
            return self.shares[source]
        return Decimal(0) if source == UNKNOWN or self.origin == COMPUTED else None

    def in_watt_hours(self, used: int, scale: int) -> dict[str, int]:
        """All that was used, `used` / 10**`scale` Wh, by source, in whole watt-hours."""
        unit = 10**scale
        return divided((2 * used + unit) // (2 * unit), self.amounts)


def parts_of(
    steps: Mapping[MixName, Steps], spans: Mapping[MixName, Sequence[Span]], edges: Integers
) -> Parts | None:
    """The steps that lie wholly in a span of their name, cut at the buckets' edges; None where there are none.

    Where steps of one region share time, the shorter ones count, and a reported mix before a computed one. A contract
    at points of two regions at once has the parts of both.
    """
    by_region: dict[str, list[Steps]] = {}
    for name, own_spans in spans.items():
        if name not in steps:
            continue
        for span in own_spans:
            inside: Flags = np.ones(steps[name].size, dtype=np.bool_)
            if span.start is not None:
                inside &= steps[name].starts >= span.start.timestamp()
            if span.end is not None:
                inside &= steps[name].ends <= span.end.timestamp()
            by_region.setdefault(name.region, []).append(steps[name].where(inside))
    reported = by_region.pop("", [])
    regions = list(by_region.values()) or [[]]
    cut = [parts for computed in regions if (parts := _cut([*computed, *reported], edges)) is not None]
    if not cut:
        return None
    parts = cut[0]
    for other in cut[1:]:
        parts = Parts(
            parts.steps.with_(other.steps),
            *(
                np.concatenate([getattr(parts, name), getattr(other, name)])
                for name in ("begins", "ends", "buckets")
            ),
        )
    order = np.argsort(parts.begins, kind="stable")
    return Parts(parts.steps.where(order), parts.begins[order], parts.ends[order], parts.buckets[order])


def _cut(steps_of_region: Iterable[Steps], edges: Integers) -> Parts | None:
    """At the edges and where steps begin and end; of equally long steps the last counts."""
    steps: Steps | None = None
    for each in steps_of_region:
        steps = each if steps is None else steps.with_(each)
    if steps is None or not steps.size:
        return None
    cuts = np.unique(np.concatenate([steps.starts, steps.ends, edges]))
    owner = np.full(len(cuts) - 1, -1, dtype=np.int64)
    firsts, pasts = np.searchsorted(cuts, steps.starts).tolist(), np.searchsorted(cuts, steps.ends).tolist()
    for place in np.argsort(steps.starts - steps.ends, kind="stable").tolist():
        owner[firsts[place] : pasts[place]] = place
    bucket = np.searchsorted(edges, cuts[:-1], side="right") - 1
    keep = (owner >= 0) & (bucket >= 0) & (bucket < len(edges) - 1)
    return Parts(steps.where(owner[keep]), cuts[:-1][keep], cuts[1:][keep], bucket[keep])


def mix_sums(
    parts: Parts,
    *,
    used: Used | None = None,
    used_moved: Integers | None = None,
    may_weigh: Flags | None = None,
) -> list[MixSum]:
    """One for each bucket that has parts, in order: weighed with amounts of their own, else with what was `used` in
    each part, where all of them are known and something is; else by time.

    `used` last changed at `used_moved` (epoch microseconds), and weighs only where it `may_weigh`: both by bucket.
    """
    steps = parts.steps
    weights, by_own, by_use = _weights(parts, used, may_weigh)
    moved = parts.by_bucket(np.maximum, steps.modified)
    if used_moved is not None:
        moved = np.where(by_use, np.maximum(moved, used_moved), moved)
    begins, ends = parts.once
    by_bucket = zip(
        _amounts(parts, weights, by_own),
        (by_own | by_use).tolist(),
        *(parts.by_bucket(np.logical_or, rows).tolist() for rows in (steps.named, steps.known)),
        parts.by_bucket(np.logical_and, steps.known).tolist(),
        *(parts.by_bucket(of, steps.computed).tolist() for of in (np.logical_or, np.logical_and)),
        np.split(steps.method, parts.firsts[1:]),
        parts.by_bucket(np.logical_or, steps.provisional).tolist(),
        parts.by_bucket(np.add, ends - begins).tolist(),
        moved.tolist(),
        strict=True,
    )
    return [_mix_sum(steps.sources, *facts) for facts in by_bucket]


def shares_of(sources: Collection[str], parts: Parts, *, used: Used | None = None) -> list[Decimal]:
    """What these `sources` have together of each bucket that has parts, in order, weighed as `mix_sums` does."""
    weights, by_own, _by_use = _weights(parts, used)
    columns = [place for place, source in enumerate(parts.steps.sources) if source in sources]
    return [
        Decimal(sum(amounts[place] for place in columns)) / (sum(amounts) or 1)
        for amounts in _amounts(parts, weights, by_own)
    ]


def _weights(
    parts: Parts, used: Used | None, may_weigh: Flags | None = None
) -> tuple[Integers, Flags, Flags]:
    """What each part counts for, and which buckets count by amounts of their own, and which by what was `used`."""
    steps = parts.steps
    by_own = parts.by_bucket(np.logical_and, steps.has_amounts)
    by_own &= parts.by_bucket(np.logical_or, np.any(steps.amounts, axis=1))
    weights, by_use = parts.lengths, np.zeros_like(by_own)
    if used is not None:
        by_use = ~by_own & parts.by_bucket(np.logical_and, used.known)
        by_use &= parts.by_bucket(np.logical_or, used.values != 0)
        by_use = by_use if may_weigh is None else by_use & may_weigh
        parts_a_bucket = np.diff(parts.firsts, append=len(weights))
        weights = np.where(np.repeat(by_use, parts_a_bucket), used.values, weights)
    return weights, by_own, by_use


def _mix_sum(
    sources: Sequence[str],
    amounts: Sequence[int],
    by_energy: bool,
    named: Sequence[bool],
    known: Sequence[bool],
    all_known: Sequence[bool],
    some_computed: bool,
    all_computed: bool,
    method: Words,
    provisional: bool,
    known_seconds: int,
    modified: int,
) -> MixSum:
    """One bucket."""
    columns = [
        column
        for column in zip(sources, amounts, named, known, all_known, strict=True)
        if column[1] or column[2]
    ]
    by_source = {source: amount for source, amount, _named, is_known, _all in columns if is_known or amount}
    methods = frozenset(method.tolist())
    return MixSum(
        shares={**dict.fromkeys(column[0] for column in columns), **shares(by_source)},
        amounts=by_source,
        weighting=Weighting.ENERGY if by_energy else Weighting.TIME,
        method=next(iter(methods)) if len(methods) == 1 else MIXED,
        methods=methods,
        origin=COMPUTED if all_computed else MIXED if some_computed else REPORTED,
        provisional=provisional,
        known_seconds=known_seconds,
        partly_known=frozenset(
            source for source, _amount, _named, is_known, whole in columns if is_known and not whole
        ),
        modified=_EPOCH + timedelta(microseconds=modified),
    )


def _amounts(parts: Parts, weights: Integers, by_own: Flags) -> list[list[int]]:
    """Of each bucket, by source: its own where it has some, else shares by weight. A step that is cut counts by the
    part of its time.
    """
    steps = parts.steps
    fits = int(parts.by_bucket(np.add, weights).max()) * ONE < _INT64
    of_shares = steps.shares * (weights if fits else weights.astype(object))[:, None]
    amounts: list[list[int]] = parts.by_bucket(np.add, of_shares).tolist()
    if not by_own.any():
        return amounts
    lasting, own = steps.ends - steps.starts, parts.by_bucket(np.add, steps.amounts).tolist()
    is_cut = parts.by_bucket(np.logical_or, lasting != parts.lengths).tolist()
    pasts = np.append(parts.firsts[1:], steps.size)
    for place in np.flatnonzero(by_own).tolist():
        amounts[place] = own[place]
        if is_cut[place]:
            rows = slice(int(parts.firsts[place]), int(pasts[place]))
            common = math.lcm(*set(lasting[rows].tolist()))
            times = parts.lengths[rows].astype(object) * (common // lasting[rows])
            amounts[place] = (times @ steps.amounts[rows].astype(object)).tolist()
    return amounts

"""A series over periods, its steps weighed by energy where that is known, else by time. Exact. Decision 47."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from enum import StrEnum

import numpy as np

from cdsc_portal.lib.time.ranges import Span
from datahub.mix.arithmetic.amounts import ONE, UNKNOWN, divided, shares
from datahub.mix.series_places import MixName
from datahub.mix.steps import Steps
from datahub.mix.weights import Used
from datahub.store.codec import Flags, Integers

REPORTED, COMPUTED, MIXED = "reported", "computed", "mixed"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_INT64 = 2**63


class Weighting(StrEnum):
    """What makes one step count more than another."""

    ENERGY = "energy"
    TIME = "time"


@dataclass(frozen=True, slots=True, eq=False)
class Parts:
    """Parts [begins[i], ends[i]) of steps, in order, each in one bucket: `steps` has a row for each of them."""

    steps: Steps
    begins: Integers
    ends: Integers
    buckets: Integers

    @property
    def lengths(self) -> Integers:
        return self.ends - self.begins

    def once(self, rows: slice) -> tuple[Integers, Integers]:
        """When these begin and end, without the time that another region covers before."""
        begins, ends = self.begins[rows], self.ends[rows]
        first = np.maximum(begins, np.concatenate([begins[:1], np.maximum.accumulate(ends)[:-1]]))
        return first[first < ends], ends[first < ends]

    def known_seconds(self, rows: slice) -> int:
        """How long these are; time that two regions cover counts once."""
        begins, ends = self.once(rows)
        return int((ends - begins).sum())

    def of(self, bucket: int) -> slice:
        low, high = np.searchsorted(self.buckets, [bucket, bucket + 1]).tolist()
        return slice(low, high)


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

    def in_watt_hours(self, used: Used) -> dict[str, int]:
        """All that was used, by source, in whole watt-hours."""
        total, unit = int(used.values.sum()), 10**used.scale
        return divided((2 * total + unit) // (2 * unit), self.amounts)


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


def mix_sum(parts: Parts, rows: slice, *, used: Used | None = None, used_moved: int = 0) -> MixSum:
    """The bucket with the parts `rows`: weighed with amounts of their own, else with what was `used` in each, where all
    of them are known and something is; else by time.

    `used` speaks of the same rows and last changed at `used_moved`, in epoch microseconds.
    """
    steps, lengths = parts.steps.where(rows), parts.lengths[rows]
    weighting, moved = Weighting.ENERGY, 0
    if steps.has_amounts.all() and steps.amounts.any():
        amounts = _own_amounts(steps, lengths)
    elif used is not None and used.known.all() and used.values.any():
        amounts, moved = _times(steps.shares, used.values), used_moved
    else:
        amounts, weighting = _times(steps.shares, lengths), Weighting.TIME
    of_sources = zip(
        steps.sources,
        amounts,
        np.any(steps.named, axis=0).tolist(),
        np.any(steps.known, axis=0).tolist(),
        np.all(steps.known, axis=0).tolist(),
        strict=True,
    )
    columns = [
        (source, amount, known, all_known)
        for source, amount, named, known, all_known in of_sources
        if named or amount
    ]
    by_source = {source: amount for source, amount, is_known, _all in columns if is_known or amount}
    computed = set(steps.computed.tolist())
    methods = frozenset(steps.method.tolist())
    return MixSum(
        shares={**dict.fromkeys(source for source, *_ in columns), **shares(by_source)},
        amounts=by_source,
        weighting=weighting,
        method=next(iter(methods)) if len(methods) == 1 else MIXED,
        methods=methods,
        origin=MIXED if len(computed) > 1 else COMPUTED if computed.pop() else REPORTED,
        provisional=bool(steps.provisional.any()),
        known_seconds=parts.known_seconds(rows),
        partly_known=frozenset(
            source for source, _amount, is_known, whole in columns if is_known and not whole
        ),
        modified=_EPOCH + timedelta(microseconds=max(int(steps.modified.max()), moved)),
    )


def _own_amounts(steps: Steps, lengths: Integers) -> list[int]:
    """A step that is cut counts by the part of its time."""
    whole = steps.ends - steps.starts
    if np.array_equal(whole, lengths):
        return [int(amount) for amount in steps.amounts.sum(axis=0).tolist()]
    common = math.lcm(*set(whole.tolist()))
    parts = lengths.astype(object) * (common // whole)
    return [int(amount) for amount in (parts @ steps.amounts.astype(object)).tolist()]


def _times(of: Integers, weights: Integers) -> list[int]:
    if int(weights.sum()) * ONE < _INT64:
        return [int(amount) for amount in (weights @ of).tolist()]
    return [int(amount) for amount in (weights.astype(object) @ of.astype(object)).tolist()]

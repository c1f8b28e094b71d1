"""What an answer covers: the grant's contracts and windows, narrowed by the query, never widened."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from accounts.queries.labels import ContractLabel, contract_labels
from cdsc_portal.lib.time.ranges import Span, hull, union
from consent.access import Access, AccessPart, contracts_of
from consent.resolution import Resolution, coarsest


@dataclass(frozen=True, slots=True)
class CoveredContract:
    """One contract and the disjoint spans (UTC) for which the answer may speak of it; none: outside the window."""

    key: int
    contract_number: str
    commodity: str
    spans: tuple[Span, ...]

    def not_after_window(self, moment: datetime | None) -> datetime | None:
        """`moment`, or the end of the window where that is earlier: a window tells nothing of what came after it."""
        ends = [span.end for span in self.spans]
        if moment is None or not ends or None in ends:
            return moment
        return min(moment, max(end for end in ends if end is not None))


@dataclass(
    frozen=True
)  # no slots: what derives from the contracts is computed once, queries read it per contract
class Coverage:
    """`window` is the hull of all spans; `not_shared` the requested numbers that the access does not open (X-15).
    Readings leave no finer than `resolution`; of the contracts that `meters` has, only these meters' leave.
    """

    contracts: tuple[CoveredContract, ...]
    window: Span
    not_shared: tuple[str, ...]
    cut: bool  # the query reached beyond what was granted
    outside: bool  # nothing of the query was granted
    resolution: Resolution = Resolution.AS_READ
    meters: frozenset[tuple[int, int]] = frozenset()

    @cached_property
    def open(self) -> tuple[CoveredContract, ...]:
        """The contracts of which something may be said."""
        return tuple(contract for contract in self.contracts if contract.spans)

    @cached_property
    def spans(self) -> Mapping[int, tuple[Span, ...]]:
        """By contract key."""
        return {contract.key: contract.spans for contract in self.open}

    @cached_property
    def by_span(self) -> Mapping[Span, Sequence[int]]:
        """Contract keys by span: a grant has few windows and may have thousands of contracts."""
        grouped: dict[Span, list[int]] = defaultdict(list)
        for contract in self.open:
            for span in contract.spans:
                grouped[span].append(contract.key)
        return dict(grouped)


def coverage(
    access: Access, resource: str, *, services: Collection[str] | None = None, window: Span | None = None
) -> Coverage:
    """What `access` opens of `resource`, cut to `window` and to the contract numbers `services` (None = all).

    A number that is foreign, not ticked or unknown is simply not shared. One query.
    """
    parts = access.parts_for(resource)
    return coverage_of(parts, contract_labels(contracts_of(parts)), services=services, window=window)


def coverage_of(
    parts: Collection[AccessPart],
    granted: Iterable[ContractLabel],
    *,
    services: Collection[str] | None,
    window: Span | None,
) -> Coverage:
    """The same where the labels of the parts' contracts are known already. No query."""
    requested = window or Span()
    spans: dict[int, list[Span]] = defaultdict(list)
    for part in parts:
        if (common := part.window.intersect(requested)) is not None:
            for contract in part.contracts:
                spans[contract].append(common)
    shared = [label for label in granted if services is None or label.contract_number in services]
    contracts = tuple(
        CoveredContract(row.key, row.contract_number, row.commodity, union(spans[row.key])) for row in shared
    )
    covered = hull([span for contract in contracts for span in contract.spans])
    known, keys = {row.contract_number for row in shared}, {row.key for row in shared}
    granted_time = hull([part.window for part in parts if part.contracts & keys])
    sides = ((requested.start, granted_time.start), (granted_time.end, requested.end)) if granted_time else ()
    return Coverage(
        contracts=contracts,
        window=covered or requested,
        not_shared=tuple(dict.fromkeys(number for number in services or () if number not in known)),
        cut=any(sooner is not None and later is not None and sooner < later for sooner, later in sides),
        outside=bool(contracts) and covered is None,
        resolution=coarsest(part.resolution for part in parts),
        meters=frozenset[tuple[int, int]]().union(*(part.meters for part in parts)),
    )

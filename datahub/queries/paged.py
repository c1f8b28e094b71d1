"""One page of an answer, whatever it holds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from cdsc_portal.lib.paging import Position
from datahub.queries.standing import Standing

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Page(Generic[Item]):
    """`contracts` are the keys the items speak of, `values` how many values they hold, `resume` where the next begins.

    `standings` cover the whole window, not this page alone, by contract key.
    """

    items: Sequence[Item]
    standings: Mapping[int, Standing]
    contracts: frozenset[int]
    values: int
    resume: Position | None = None
    withholds: bool = field(default=False)

"""Which dated links the answers of each resource go by: what a change of them, told late, makes wrong afterwards."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from types import MappingProxyType

from django.core.exceptions import ImproperlyConfigured

from accounts.models import LinkKind
from consent.scopes.catalogue import SCOPES
from datahub.resources.link_history import LinkHistory, Stays

History = Callable[[LinkHistory, int, datetime | None], Stays]

_POINT, _METER, _CONTRACT, _TERM, _REGION = (
    LinkKind.CONTRACT_POINT, LinkKind.METER_POINT, LinkKind.CONTRACT, LinkKind.SUPPLY_TERM, LinkKind.GRID_PLACEMENT,
)  # fmt: skip
# the links that each history is made of
_READS: Mapping[History, tuple[LinkKind, ...]] = MappingProxyType({
    LinkHistory.contract_days: (_CONTRACT,),
    LinkHistory.delivered: (_POINT, _CONTRACT),
    LinkHistory.measured: (_POINT, _METER, _CONTRACT),
    LinkHistory.grid_regions: (_POINT, _REGION),
    LinkHistory.supplied: (_TERM,),
    LinkHistory.tariffs: (_TERM,),
})  # fmt: skip


class Speaks(Enum):
    """Of which time an answer speaks."""

    WINDOW = "window"
    MOMENT = "moment"  # that of the release
    BILLS = "bills"  # the days of the bills in the window


@dataclass(frozen=True, slots=True)
class Backdating:
    """What of a contract's past the answers of one resource go by."""

    histories: tuple[History, ...]
    speaks: Speaks = Speaks.WINDOW

    @property
    def kinds(self) -> frozenset[LinkKind]:
        """The links whose change may make a release wrong."""
        return frozenset(kind for history in self.histories for kind in _READS[history])


def _of_every_resource(known: Mapping[str, Backdating]) -> Mapping[str, Backdating]:
    """`known`, if it has each resource that a scope opens: what nobody looks at again could stay wrong unseen.

    Sums and files stand under the resource of their readings and bills. Raises ImproperlyConfigured, at import.
    """
    missing = {resource for scope in SCOPES.values() for resource in scope.opens} - known.keys()
    if missing:
        raise ImproperlyConfigured(f"which dated links {', '.join(sorted(missing))} goes by is not said")
    return MappingProxyType(dict(known))


BACKDATING = _of_every_resource({
    "usage_data": Backdating((LinkHistory.measured,)),
    "distribution_details": Backdating(
        (LinkHistory.contract_days, LinkHistory.delivered, LinkHistory.measured), Speaks.MOMENT
    ),
    "bill_data": Backdating((LinkHistory.contract_days,), Speaks.BILLS),
    "bill_statements": Backdating((LinkHistory.contract_days,), Speaks.BILLS),
    "supply_details": Backdating((LinkHistory.supplied,), Speaks.MOMENT),
    "supply_history": Backdating((LinkHistory.supplied,)),
    "generation_mix": Backdating((LinkHistory.grid_regions, LinkHistory.tariffs)),
    "generation_breakdown": Backdating((LinkHistory.grid_regions,)),
    "residual_mix": Backdating((LinkHistory.grid_regions,)),
    "consumption_breakdown": Backdating((LinkHistory.tariffs,)),
})  # fmt: skip

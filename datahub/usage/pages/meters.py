"""The meters of a contract, as addresses and people name them."""

from collections.abc import Mapping
from typing import NamedTuple

from django.db.models import OuterRef, Subquery, Value
from django.db.models.functions import Coalesce

from accounts.models import MeterDevice, MeterName
from datahub.usage.facts import UsageFacts


class NamedMeter(NamedTuple):
    """`name` is what the contract's customer calls it, "" for none."""

    public_id: str
    number: str
    name: str


def meters_of(facts: UsageFacts) -> dict[int, NamedMeter]:
    """All that ever measured the contract, by key, in the order of numbers. One query."""
    theirs = MeterName.objects.filter(
        meter=OuterRef("pk"), customer__billing_accounts__contracts__in=[one.key for one in facts.contracts]
    )
    found = MeterDevice.objects.filter(pk__in=facts.meters).order_by("meter_number")
    named = found.annotate(called=Coalesce(Subquery(theirs.values("name")[:1]), Value("")))
    return {
        key: NamedMeter(*row) for key, *row in named.values_list("pk", "public_id", "meter_number", "called")
    }


def meter_key(meters: Mapping[int, NamedMeter], public_id: str) -> int | None:
    """None where no meter is asked for. Raises LookupError for one that is not among them."""
    if not public_id:
        return None
    for key, one in meters.items():
        if one.public_id == public_id:
            return key
    raise LookupError(public_id)

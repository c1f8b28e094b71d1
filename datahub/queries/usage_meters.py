"""The meters of a contract, as addresses and people name them."""

from collections.abc import Mapping

from accounts.models import MeterDevice
from datahub.queries.usage_facts import UsageFacts


def meters_of(facts: UsageFacts) -> dict[int, tuple[str, str]]:
    """(public id, number) of all that ever measured the contract, by key, in the order of numbers. One query."""
    found = MeterDevice.objects.filter(pk__in=facts.meters).order_by("meter_number")
    rows = found.values_list("pk", "public_id", "meter_number")
    return {key: (public_id, number) for key, public_id, number in rows}


def meter_key(meters: Mapping[int, tuple[str, str]], public_id: str) -> int | None:
    """None where no meter is asked for. Raises LookupError for one that is not among them."""
    if not public_id:
        return None
    for key, (known, _number) in meters.items():
        if known == public_id:
            return key
    raise LookupError(public_id)

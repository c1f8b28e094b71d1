"""Dividing whole numbers so that nothing is lost: the parts always come to the total."""

from collections.abc import Hashable, Mapping, Sequence
from decimal import Decimal
from typing import TypeVar

Name = TypeVar("Name", bound=Hashable)

UNKNOWN = "unknown"  # a source of its own: energy of which no source is known
DECIMALS = 10
ONE = 10**DECIMALS  # the whole, in the units that shares are counted in
Amounts = Mapping[str, int]  # watt-hours by source, none below 0


def apportion(total: int, weights: Sequence[int]) -> list[int]:
    """`total` (0 or more) in whole parts in proportion to `weights`: largest remainders first, then the earlier part.

    No part is more than a whole unit from its exact one, and none is above its weight where `total` is not above all
    weights together. Raises ValueError where no weight is above 0, or one is below.
    """
    whole = sum(weights)
    if whole <= 0 or min(weights) < 0:
        raise ValueError(f"nothing to divide {total} by")
    products = [total * weight for weight in weights]
    parts = [product // whole for product in products]
    if left := total - sum(parts):
        remainders = [product % whole for product in products]
        for i in sorted(range(len(weights)), key=remainders.__getitem__, reverse=True)[:left]:
            parts[i] += 1
    return parts


def divided(total: int, by: Mapping[Name, int]) -> dict[Name, int]:
    """`apportion` by name, in the order of the names as text, so that the same amounts always divide alike."""
    names = sorted(by, key=str)
    return dict(zip(names, apportion(total, [by[name] for name in names]), strict=True))


def shares(amounts: Amounts) -> dict[str, Decimal]:
    """Shares with ten decimals that sum to exactly 1; all of it unknown where there is nothing."""
    if not any(amounts.values()):
        return {UNKNOWN: Decimal(1)}
    return {name: Decimal(part).scaleb(-DECIMALS) for name, part in divided(ONE, amounts).items()}


def whole(reported: Mapping[str, Decimal | None]) -> dict[str, Decimal | None]:
    """Reported shares that sum to exactly 1: what they leave open is unknown, what rounding makes too much is cut.

    None stays None: its part is in what is unknown.
    """
    known = {name: int(share.scaleb(DECIMALS)) for name, share in reported.items() if share is not None}
    total = sum(known.values())
    if total == ONE:
        return dict(reported)
    if total > ONE:
        return {**reported, **shares(known)}
    return {**reported, UNKNOWN: Decimal(known.get(UNKNOWN, 0) + ONE - total).scaleb(-DECIMALS)}


def added(*all_amounts: Amounts) -> dict[str, int]:
    """The sum, source by source."""
    total: dict[str, int] = {}
    for amounts in all_amounts:
        for name, amount in amounts.items():
            total[name] = total.get(name, 0) + amount
    return total

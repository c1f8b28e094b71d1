"""The consumption breakdown: certificates cancelled for a contract, then for its tariff, then the residual mix.

Everything is counted in watt-hours of one step; the results are shares, which do not reveal how much was used.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from datahub.mix.arithmetic.amounts import UNKNOWN, Amounts, added, divided


@dataclass(frozen=True, slots=True)
class TariffStep:
    """A tariff's contracts in one region during one step. `amounts` come to `use` exactly.

    `use`: what the contracts used beyond their own certificates. `unused`: certificates beyond that use, which
    count for nobody.
    """

    use: int
    amounts: Amounts
    unused: int = 0


def tariff_step(*, use: int, cancelled: Amounts, residual: Amounts) -> TariffStep:
    """The tariff's certificates, capped at its use, and the rest from the residual mix (never the grid's mix).

    `residual` in any unit; where it is empty the rest is unknown.
    """
    counted = capped(cancelled, use)
    untracked = use - sum(counted.values())
    rest = _of_residual(untracked, residual)
    return TariffStep(use, added(counted, rest), unused=sum(cancelled.values()) - sum(counted.values()))


def contract_weights(*, use: int, own: Amounts, tariff: TariffStep, residual: Amounts) -> Mapping[str, int]:
    """The sources of one contract's use as whole numbers that stand in the right proportion, for `amounts.shares`.

    Its own certificates first, capped at its use; what is left has the tariff's sources, since every contract of a
    tariff takes from its certificates by its share of the use left. A step in which nothing was used has the sources
    that it would have had.
    """
    counted = capped(own, use)
    left = use - sum(counted.values())
    if not use or not tariff.use:
        rest = tariff.amounts if any(tariff.amounts.values()) else _any(residual)
        return rest if not use else added(counted, _of_residual(left, residual))
    return added(
        {source: amount * tariff.use for source, amount in counted.items()},
        {source: amount * left for source, amount in tariff.amounts.items()},
    )


def capped(certificates: Amounts, use: int) -> dict[str, int]:
    """Certificates up to `use`, each source cut alike where they are more."""
    if sum(certificates.values()) <= use:
        return dict(certificates)
    return divided(use, certificates)


def _of_residual(amount: int, residual: Amounts) -> dict[str, int]:
    if not amount:
        return {}
    return divided(amount, _any(residual))


def _any(residual: Amounts) -> Amounts:
    return residual if any(residual.values()) else {UNKNOWN: 1}

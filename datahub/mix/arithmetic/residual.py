"""The residual mix of a region: what is left of its generation when all that is tracked is taken away.

Issuance based, as the residual mixes of Europe and North America are: a certificate takes away from the production
it was issued for, wherever it is cancelled; one that expires unused comes back.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from datahub.mix.arithmetic.amounts import UNKNOWN, Amounts, added, divided


class Method(StrEnum):
    """How a share came about."""

    PUBLISHED = "published"  # as an issuing body, a grid operator or a supplier says
    ISSUANCE = "issuance"  # computed here and balanced against the use that nothing tracks
    DOMESTIC = "domestic"  # computed here from the region's own generation, not balanced


@dataclass(frozen=True, slots=True)
class RegionStep:
    """What is known of one region during one step, in watt-hours by source; a missing source is 0.

    `untracked_use` is the region's consumption less what certificates were cancelled for and less what is tracked in
    other ways; None = not known.
    """

    generated: Amounts  # net generation
    issued: Amounts = field(default_factory=dict)  # certificates for this production
    expired: Amounts = field(default_factory=dict)  # of those, what ended unused
    tracked: Amounts = field(default_factory=dict)  # contracts and other claims without certificates
    untracked_use: int | None = None


@dataclass(frozen=True, slots=True)
class Residual:
    """`amounts` in watt-hours by source; their shares are the mix. With the method `issuance` they come to the
    untracked use.

    `negative`: sources of which more was tracked than generated, with how much; they stand with 0 in `amounts`, and the
    others are less by as much, so that no watt-hour is there twice.
    """

    amounts: Amounts
    method: Method
    negative: Amounts = field(default_factory=dict)
    surplus: int = 0  # left over beyond the untracked use: exported
    deficit: int = 0  # missing for the untracked use: filled or unknown


def residual(step: RegionStep, *, fill: Mapping[str, int] | None = None) -> Residual:
    """R(s) = G(s) - I(s) + X(s) - T(s), against the untracked use where that is known.

    A deficit takes the sources of `fill`, an attribute mix in any unit, or is unknown.
    """
    taken = added(step.issued, step.tracked)
    given = added(step.generated, step.expired)
    left = {source: given.get(source, 0) - taken.get(source, 0) for source in given.keys() | taken.keys()}
    negative = {source: -amount for source, amount in left.items() if amount < 0}
    positive = {source: amount for source, amount in left.items() if amount > 0}
    total = max(0, sum(left.values()))
    amounts = divided(total, positive) if total else {}
    if step.untracked_use is None:
        return Residual(amounts, Method.DOMESTIC, negative)
    use = step.untracked_use
    if total > use:
        return Residual(divided(use, amounts), Method.ISSUANCE, negative, surplus=total - use)
    missing = use - total
    if missing:
        filled = divided(missing, fill) if fill and any(fill.values()) else {UNKNOWN: missing}
        amounts = added(amounts, filled)
    return Residual(amounts, Method.ISSUANCE, negative, deficit=missing)


def spread(month: int, hourly: Mapping[int, int], profile: Mapping[int, int]) -> dict[int, int]:
    """A month's certificates of one source over its steps, in proportion to the production that hourly ones left.

    `profile` has the production of every step of the month by its start, `hourly` the certificates that name their
    step. Where nothing is left the steps share alike: what is too much then shows as negative in each. The steps' parts
    come to `month` exactly. Raises ValueError for a month without steps.
    """
    rest = {start: max(0, made - hourly.get(start, 0)) for start, made in profile.items()}
    return divided(month, rest if any(rest.values()) else dict.fromkeys(profile, 1))

"""Sums of a contract's channels, and what of them makes up all that was used."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from accounts.queries.links import MeteredSpan
from datahub.usage.counted_channels import LONGEST_DAY, Intervals, counted
from datahub.usage.readings import ChannelFacts
from datahub.usage.sum_periods import By, Slots
from datahub.usage.sum_pieces import Rule
from datahub.usage.sums import ChannelSums, Part, parts_of, sums_of


@dataclass(frozen=True, slots=True)
class ServiceSums:
    """`channels` are each by itself; all that was used in one direction and unit is the sum of its `counted` ones.

    `long` is when differences of registers that count and last longer than a local day begin and end, in epoch seconds.
    """

    channels: tuple[ChannelSums, ...]
    counted: tuple[ChannelSums, ...]
    long: Intervals


def service_sums(
    spans: Sequence[MeteredSpan],
    channels: Mapping[int, Sequence[ChannelFacts]],
    every: Sequence[By | Slots],
) -> list[ServiceSums]:
    """For several lengths of a period at once, in the order of `every`; see `usage_sums` and `counted`.

    Three statements however many spans, and one where registers, or channels that measure the same, are among them.
    """
    own = parts_of(spans, channels)
    shares = counted(spans, channels)
    always = {(one.contract_id, one.channel.channel_id) for one in shares if one.always}
    cut = [
        Part(one.contract_id, one.channel, Rule.SUM, one.intervals, one.differences)
        for one in shares
        if not one.always
    ]
    long = tuple(
        pair
        for one in shares
        if one.differences is not None
        for pair in zip(one.differences.starts.tolist(), one.differences.ends.tolist(), strict=True)
        if pair[1] - pair[0] > LONGEST_DAY
    )
    found = []
    for sums in sums_of([*own, *cut], every):
        by_itself = tuple(one for place, one in sums if place < len(own))
        whole = [one for one in by_itself if (one.contract_id, one.channel.channel_id) in always]
        found.append(
            ServiceSums(by_itself, (*whole, *(one for place, one in sums if place >= len(own))), long)
        )
    return found

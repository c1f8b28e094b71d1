"""Sums of contracts, channel by channel and in all; those of a grant a page of whole channels at a time."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from itertools import groupby

from accounts.queries.links import MeteredSpan
from cdsc_portal.lib.http.paging import Position
from consent.resolution import Resolution
from datahub.answers.coverage import Coverage
from datahub.answers.page import Page, from_first_to_last
from datahub.rows.usage import Quality
from datahub.usage.counted_channels import LONGEST_DAY, Intervals, counted, rank
from datahub.usage.facts import UsageFacts, usage_facts, usage_standings
from datahub.usage.plan import ReadInterval, contracts_with_readings, read_intervals, spans_in_window
from datahub.usage.readings import ChannelFacts
from datahub.usage.sum_periods import By, Slots
from datahub.usage.sum_pieces import Rule
from datahub.usage.sums import ChannelSums, Part, parts_of, sums_by_length

PERIODS = 5000  # a page, about; a channel is never parted
NOT_MEASURED = (Quality.ESTIMATED, Quality.SUBSTITUTED, Quality.PROVISIONAL)
_LENGTH = {By.DAY: timedelta(days=1), By.MONTH: timedelta(days=28), By.YEAR: timedelta(days=365)}
_RESOLUTIONS = {By.DAY: "daily", By.MONTH: "monthly", By.YEAR: "yearly"}
_LABELS = {By.DAY: "%Y-%m-%d", By.MONTH: "%Y-%m", By.YEAR: "%Y"}


@dataclass(frozen=True, slots=True, eq=False)
class UsageSums:
    """The totals of one channel for one contract; see ChannelSums for what its columns mean.

    `part` is what of them counts in all that was used: None where nothing does.
    """

    contract_number: str
    by: By | Slots
    sums: ChannelSums
    part: ChannelSums | None = None

    @property
    def channel(self) -> ChannelFacts:
        return self.sums.channel

    @property
    def place(self) -> tuple[str, str, str, int]:
        """By contract, meter and register."""
        channel = self.channel
        return self.contract_number, channel.meter_number, channel.register, channel.channel_id

    @property
    def periods(self) -> list[str]:
        """`2026-03-08`, `2026-03` or `2026`; slots have no such name."""
        assert isinstance(self.by, By)
        return [_label(day, self.by) for day in self.sums.days]

    @property
    def values(self) -> list[Decimal]:
        """Exact, in the channel's unit."""
        return [Decimal(f"{total}E{-self.sums.scale}") for total in self.sums.totals]

    @property
    def counted(self) -> list[Decimal | None]:
        """What of each period counts in all that was used; None of a channel that is no amount."""
        if rank(self.channel) is None:
            return [None] * self.sums.size
        part = self.part
        if part is self.sums:
            return list(self.values)
        if part is None:
            return [Decimal(0)] * self.sums.size
        of_day = {
            day: Decimal(f"{total}E{-part.scale}") for day, total in zip(part.days, part.totals, strict=True)
        }
        return [of_day.get(day, Decimal(0)) for day in self.sums.days]

    @property
    def not_measured(self) -> list[int]:
        """How many known readings of each period are estimated, substituted or not final."""
        return [int(count) for count in self.sums.qualities[:, NOT_MEASURED].sum(axis=1)]


@dataclass(frozen=True, slots=True)
class ServiceSums:
    """`channels` are each by itself; all that was used in one direction and unit is the sum of its `counted` ones.

    `long` is when differences of registers that count and last longer than a local day begin and end, in epoch seconds.
    """

    channels: tuple[ChannelSums, ...]
    counted: tuple[ChannelSums, ...]
    long: Intervals


@lru_cache(maxsize=4096)  # channels of a page have the same periods
def _label(day: date, by: By) -> str:
    return day.strftime(_LABELS[by])


def service_sums(
    spans: Sequence[MeteredSpan],
    channels: Mapping[int, Sequence[ChannelFacts]],
    every: Sequence[By | Slots],
) -> list[ServiceSums]:
    """For several lengths of a period at once, in the order of `every`; see `service_sums_by_length`."""
    sums = service_sums_by_length(spans, channels, every)
    return [sums(by) for by in every]


def service_sums_by_length(
    spans: Sequence[MeteredSpan],
    channels: Mapping[int, Sequence[ChannelFacts]],
    every: Sequence[By | Slots],
) -> Callable[[By | Slots], ServiceSums]:
    """For one of the lengths `every` of a period, once it is called for; see `usage_sums` and `counted`.

    Four statements at most, however many spans, and one more where registers, or channels that measure the same, are
    among them.
    """
    own = parts_of(spans, channels)
    shares = counted(spans, channels)
    always = {(share.contract_id, share.channel.channel_id) for share in shares if share.always}
    cut = [
        Part(share.contract_id, share.channel, Rule.SUM, share.intervals, share.differences)
        for share in shares
        if not share.always
    ]
    long = tuple(
        pair
        for share in shares
        if share.differences is not None
        for pair in zip(share.differences.starts.tolist(), share.differences.ends.tolist(), strict=True)
        if pair[1] - pair[0] > LONGEST_DAY
    )
    sums_by = sums_by_length([*own, *cut], every)

    def sums_of_services(by: By | Slots) -> ServiceSums:
        sums = sums_by(by)
        by_itself = tuple(of_part for number, of_part in sums if number < len(own))
        whole = [each for each in by_itself if (each.contract_id, each.channel.channel_id) in always]
        parted = [of_part for number, of_part in sums if number >= len(own)]
        return ServiceSums(by_itself, (*whole, *parted), long)

    return sums_of_services


def summed_usage(covered: Coverage, *, by: By, after: Position | None = None) -> Page[UsageSums]:
    """Totals of the window while meter, point and contract were linked, by contract, meter and register.

    Five queries at most, however many contracts and days: facts and four for the sums; one more for what other pages
    hold, and one where registers, or channels that measure the same, are among them.
    """
    facts = usage_facts(covered.spans.keys(), only=covered.meters)
    spans = spans_in_window(covered, facts)
    plan = read_intervals(spans, facts, covered)
    page, resume = _page_of(plan, by, after)
    pairs = {(interval.contract, interval.meter): interval.contract_number for interval in page}
    (sums,) = service_sums(
        [span for span in spans if (span.contract_id, span.meter_id) in pairs], facts.channels, (by,)
    )
    if covered.resolution is not Resolution.AS_READ:
        sums = _whole_periods(sums)
    counts = {(each.contract_id, each.channel.channel_id): each for each in sums.counted}
    items = sorted(
        (
            UsageSums(
                pairs[each.contract_id, each.channel.meter_id], by, each,
                counts.get((each.contract_id, each.channel.channel_id)),
            )
            for each in sums.channels
        ),
        key=lambda item: item.place,
    )  # fmt: skip
    in_page = frozenset(item.sums.contract_id for item in items)
    alone = after is None and resume is None
    return Page(
        items=items,
        standings=usage_standings(
            covered,
            facts.links,
            facts.loads,
            with_readings=in_page if alone else contracts_with_readings(plan),
        ),
        contracts=in_page,
        values=sum(item.sums.size for item in items),
        data=from_first_to_last(_loaded_time(item.sums, facts) for item in items),
        resume=resume,
        resolution=_RESOLUTIONS[by],
    )


def finest(by: By, resolution: Resolution) -> By:
    """`by`, or the length of a period that `resolution` allows at least."""
    order = list(By)
    allowed = By.MONTH if resolution is Resolution.MONTHLY else By.DAY
    return max(by, allowed, key=order.index)


def _whole_periods(sums: ServiceSums) -> ServiceSums:
    """Only periods of which all is known: a part would tell by its difference what happened within."""
    whole = {(each.contract_id, each.channel.channel_id): each.of_whole_periods() for each in sums.channels}
    both = {id(each) for each in sums.channels}  # what counts all of it is the same sums
    counted = []
    for each in sums.counted:
        own = whole[each.contract_id, each.channel.channel_id]
        counted.append(own if id(each) in both else each.of_days(frozenset(own.days)))
    return ServiceSums(
        tuple(each for each in whole.values() if each.size),
        tuple(each for each in counted if each.size),
        sums.long,
    )


def _loaded_time(sums: ChannelSums, facts: UsageFacts) -> tuple[datetime, datetime]:
    """What the totals are of: their periods, as far as readings of the meter are loaded."""
    load = facts.loads[sums.channel.meter_id]
    begins, ends = (
        datetime.fromtimestamp(moment, UTC) for moment in (int(sums.starts.min()), int(sums.ends.max()))
    )
    return max(begins, load.first), min(ends, load.last)


def _page_of(
    plan: Sequence[ReadInterval], by: By, after: Position | None
) -> tuple[list[ReadInterval], Position | None]:
    """All intervals of the contracts and meters of the page that begins at `after`, and where the next begins."""
    page: list[ReadInterval] = []
    periods = 0
    for (contract, meter), group in groupby(
        plan, key=lambda interval: (interval.contract_number, interval.meter_number)
    ):
        if after is not None and (contract, meter) < (after[0], after[1]):
            continue
        whole = list(group)
        periods += sum((interval.end - interval.start) // _LENGTH[by] + 1 for interval in whole)
        if page and periods > PERIODS:
            return page, [contract, meter]
        page += whole
    return page, None

"""What was used and sent back as a customer reads it: meter by meter, and in all."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from decimal import Context, Decimal, localcontext
from typing import NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.queries.links import MeteredSpan
from cdsc_portal.lib.text.money import decimals_in_words
from cdsc_portal.lib.time.ranges import union
from datahub.feeds.formats.units import SHOWN_UNITS
from datahub.usage.counted_channels import Intervals
from datahub.usage.facts import UsageFacts
from datahub.usage.readings import seconds_of
from datahub.usage.registers import RegisterName, register_name
from datahub.usage.sum_periods import By, Slots
from datahub.usage.sum_pieces import Rule
from datahub.usage.summed_usage import ServiceSums, UsageSums

_DIRECTIONS: dict[str, str | Promise] = {
    "import": gettext_lazy("Used"),
    "export": gettext_lazy("Sent back"),
    "net": gettext_lazy("Used less sent back"),
    "production": gettext_lazy("Produced"),
    "none": gettext_lazy("Measured"),
}
_PARTS: dict[str, str | Promise] = {
    "import": gettext_lazy("Of what was used: %(part)s"),
    "export": gettext_lazy("Of what was sent back: %(part)s"),
    "production": gettext_lazy("Of what was produced: %(part)s"),
}
THOUSANDS = {"Wh": "kWh", "varh": "kvarh", "VAh": "kVAh", "W": "kW", "var": "kvar", "VA": "kVA", "J": "kJ"}
_DIGITS = 60  # more than a sum ever has
_EXACTLY, _CENTS = Context(prec=_DIGITS), Decimal("0.01")
_RULES = list(Rule)
_EVER = datetime.min.replace(tzinfo=UTC)


class Amount(NamedTuple):
    """What a series holds for one period: exact, in the unit as fed, of [start, end) in epoch seconds."""

    value: Decimal
    start: int
    end: int
    known: int
    due: int
    not_measured: int


@dataclass(frozen=True, slots=True)
class Series:
    """A column: amounts by the first local day of their period, or by the instant (UTC) of their slot.

    Those that are `counted` add up, in their unit and direction, to all that was used; others are a part of it, a
    demand or what a register showed. `days` are the amounts of single days, None where readings are longer than that,
    so that a day without one is not missing. `measured` is when its meters measured the contract.
    """

    heading: str
    unit: str  # as shown
    rule: Rule
    direction: str
    amounts: Mapping[date, Amount]
    scale: int  # shown = value / 10**scale
    counted: bool
    measured: Intervals = ()
    days: Mapping[date, Amount] | None = None
    complete: Sequence[date] = ()  # in order: those of `days` of which nothing is missing
    rate: str = ""  # the number of the tariff's rate, where it is a part by rate alone

    @property
    def kind(self) -> tuple[str, str]:
        """What is added up to one figure."""
        return self.unit, self.direction

    def in_unit(self, value: Decimal) -> Decimal:
        """In the unit that is shown, exactly."""
        return value.scaleb(-self.scale, context=_EXACTLY)

    def shown(self, value: Decimal) -> str:
        """In the reader's language, rounded to two decimals."""
        return decimals_in_words(self.in_unit(value).quantize(_CENTS, context=_EXACTLY))

    def with_days(self, days: Mapping[date, Amount]) -> "Series":
        complete = sorted(day for day, amount in days.items() if amount.known >= amount.due)
        return replace(self, days=days, complete=complete)


class _Place(NamedTuple):
    """Whose sums are one column: those of meters that followed each other (a chain, by number)."""

    rule: Rule
    direction: str
    unit: str
    is_detail: bool
    name: RegisterName
    kind: str
    chain: int


def series_by_contract(
    facts: UsageFacts, sums: ServiceSums, by: By | Slots, names: Mapping[int, str]
) -> dict[int, list[Series]]:
    """What each contract used by periods of `by`, by its key; `names` are what meters are called, by key."""
    numbers = {contract.key: contract.contract_number for contract in facts.contracts}
    links: dict[int, list[MeteredSpan]] = defaultdict(list)
    for link in facts.links:
        links[link.contract_id].append(link)
    channels: dict[int, list[UsageSums]] = defaultdict(list)
    counted: dict[int, list[UsageSums]] = defaultdict(list)
    for group, by_contract in ((sums.channels, channels), (sums.counted, counted)):
        for each in group:
            by_contract[each.contract_id].append(UsageSums(numbers[each.contract_id], by, each))
    for items in (*channels.values(), *counted.values()):
        items.sort(key=lambda item: item.place)
    return {key: usage_series(channels[key], counted[key], links[key], names) for key in numbers}


def usage_series(
    channels: Sequence[UsageSums],
    counted: Sequence[UsageSums],
    links: Iterable[MeteredSpan],
    names: Mapping[int, str],
) -> list[Series]:
    """What counts first, by meter; then parts of it by rate, tier or phase; demand; and what registers showed.

    `channels` are each by itself, `counted` what of them makes up all that was used. Meters that followed one another
    are one series, those that measured at the same time stay on their own; `names` are what they are called, by key.
    """
    links = list(links)
    chains = _chains(links)
    groups: dict[_Place, list[UsageSums]] = defaultdict(list)
    for items, is_detail in ((counted, False), (channels, True)):
        for item in items:
            channel, name = item.channel, register_name(item.channel.register)
            rule = item.sums.rule
            if is_detail and rule is Rule.SUM and not name.is_part:
                continue  # among what counts, or the same in another register
            own = name._replace(is_total=False, preference=0) if is_detail else RegisterName()
            kind = "" if rule is Rule.SUM else channel.kind
            chain = chains[channel.meter_id]
            groups[_Place(rule, channel.direction, channel.unit, is_detail, own, kind, chain)].append(item)
    directions = list(_DIRECTIONS)
    order = sorted(
        groups,
        key=lambda place: (
            _RULES.index(place.rule), place.is_detail, directions.index(place.direction), place.unit, place.name,
            place.kind, place.chain,
        ),
    )  # fmt: skip
    measured = {
        number: tuple(map(seconds_of, union(link.span for link in links if chains[link.meter_id] == number)))
        for number in chains.values()
    }
    series = []
    for place, heading in zip(order, _headings(order, groups, names), strict=True):
        thousands = THOUSANDS.get(place.unit)
        amounts = []
        for item in groups[place]:
            sums = item.sums
            columns = (sums.starts.tolist(), sums.ends.tolist(), sums.known.tolist(), sums.due.tolist())
            of_item = map(Amount, item.values, *columns, item.not_measured)
            amounts.append(dict(zip(sums.days, of_item, strict=True)))
        each = Series(
            heading,
            thousands or SHOWN_UNITS.get(place.unit, place.unit),
            place.rule,
            place.direction,
            _joined(amounts, place.rule),
            3 if thousands else 0,
            counted=not place.is_detail,
            measured=measured[place.chain],
            rate=str(place.name.tariff or "") if not (place.name.tier or place.name.phase) else "",
        )
        series.append(each)
    return series


def totals(series: Iterable[Series]) -> list[Series]:
    """All that was used, sent back and so on: one series a unit and direction, the sum of those that count.

    It is headed by its direction alone.
    """
    by_kind: dict[tuple[str, str], list[Series]] = defaultdict(list)
    for each in series:
        if each.counted:
            by_kind[each.kind].append(each)
    sums = []
    for alike in by_kind.values():
        whole = replace(alike[0], heading=str(_DIRECTIONS[alike[0].direction]))
        if len(alike) > 1:
            whole = replace(whole, amounts=_added_up([(each.amounts, each.measured) for each in alike]))
            days = [(each.days, each.measured) for each in alike if each.days is not None]
            is_known = len(days) == len(alike)
            whole = whole.with_days(_added_up(days)) if is_known else replace(whole, days=None, complete=())
        sums.append(whole)
    return sums


def added(values: Iterable[Decimal]) -> Decimal:
    """Exactly."""
    with localcontext() as context:
        context.prec = _DIGITS
        return sum(values, Decimal(0))


def _chains(links: Iterable[MeteredSpan]) -> dict[int, int]:
    """By meter key: the number of its chain, of meters that followed one another; those at one point before others."""
    by_meter: dict[int, list[MeteredSpan]] = defaultdict(list)
    for link in links:
        by_meter[link.meter_id].append(link)
    starts = {meter: min(link.span.start or _EVER for link in own) for meter, own in by_meter.items()}
    chains: list[list[MeteredSpan]] = []
    numbers: dict[int, int] = {}
    for meter in sorted(by_meter, key=lambda key: (starts[key], key)):
        own = by_meter[meter]
        points = {link.service_point_id for link in own}
        apart = [
            number
            for number, chain in enumerate(chains)
            if not any(a.span.intersect(b.span) for a in chain for b in own)
        ]
        same = [number for number in apart if points & {link.service_point_id for link in chains[number]}]
        number = next(iter(same or apart), len(chains))
        if number == len(chains):
            chains.append([])
        chains[number] += own
        numbers[meter] = number
    return numbers


def _headings(
    order: Sequence[_Place], groups: Mapping[_Place, Sequence[UsageSums]], names: Mapping[int, str]
) -> Iterator[str]:
    """Names of meters where several measured, never a register's code; what is still alike is numbered."""
    seen: dict[tuple[str, str], int] = defaultdict(int)
    for place in order:
        rivals = [
            other
            for other in order
            if (other.rule, other.is_detail, other.unit) == (place.rule, place.is_detail, place.unit)
        ]
        direction, name = str(_DIRECTIONS[place.direction]), place.name
        parts = []
        if name.tariff:
            parts.append(_("rate %(number)s") % {"number": name.tariff})
        if name.tier:
            parts.append(_("tier %(number)s") % {"number": name.tier})
        if name.phase:
            parts.append(_("phase %(number)s") % {"number": name.phase})
        if place.rule is not Rule.SUM:
            what = _("Highest value") if place.rule is Rule.HIGHEST else _("Meter reading")
            several = len({other.direction for other in rivals}) > 1
            heading = ", ".join([what, *([direction] if several else []), *parts])
        elif place.is_detail:
            heading = str(_PARTS.get(place.direction, "%(part)s")) % {"part": ", ".join(parts)}
        else:
            heading = direction
        if len({other.chain for other in rivals if other.direction == place.direction}) > 1:
            newest = max(groups[place], key=lambda item: int(item.sums.ends.max())).channel
            called = names.get(newest.meter_id) or _("meter %(meter)s") % {"meter": newest.meter_number}
            heading = f"{heading}, {called}"
        seen[heading, place.unit] += 1
        if seen[heading, place.unit] > 1:
            heading = f"{heading} ({seen[heading, place.unit]})"
        yield heading


def _added_up(each: Sequence[tuple[Mapping[date, Amount], Intervals]]) -> dict[date, Amount]:
    """Of meters that measured at the same time. What one has no reading of while it measured is missing in the sum."""
    sums = dict(_joined([amounts for amounts, _ in each], Rule.SUM))
    for amounts, measured in each:
        usual = max((amount.due for amount in amounts.values()), default=1)
        for day, whole in sums.items():
            if day not in amounts and any(
                first < whole.end and past > whole.start for first, past in measured
            ):
                sums[day] = whole._replace(due=whole.due + usual)
    return sums


def _joined(each: Sequence[Mapping[date, Amount]], rule: Rule) -> Mapping[date, Amount]:
    """Of meters, or channels, period by period."""
    if len(each) == 1:
        return each[0]
    by_day: dict[date, list[Amount]] = defaultdict(list)
    for amounts in each:
        for day, amount in amounts.items():
            by_day[day].append(amount)
    values = {
        Rule.SUM: lambda parts: added(part.value for part in parts),
        Rule.HIGHEST: lambda parts: max(part.value for part in parts),
        Rule.LAST: lambda parts: max(parts, key=lambda part: part.end).value,
    }
    return {
        day: Amount(
            values[rule](parts),
            min(part.start for part in parts),
            max(part.end for part in parts),
            sum(part.known for part in parts),
            sum(part.due for part in parts),
            sum(part.not_measured for part in parts),
        )
        for day, parts in by_day.items()
    }

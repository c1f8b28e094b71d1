"""What was used and sent back as a customer reads it: meter by meter, and in all."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from decimal import Decimal, localcontext
from typing import NamedTuple

from django.utils.formats import number_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.queries.links import MeteredSpan
from cdsc_portal.lib.ranges import union
from datahub.feeds.formats.units import SHOWN_UNITS
from datahub.usage.counted_channels import Stretches
from datahub.usage.readings import seconds_of
from datahub.usage.register_names import RegisterName, register_name
from datahub.usage.sum_pieces import Rule
from datahub.usage.summed_usage import UsageSums

_DIRECTIONS: dict[str, str | Promise] = {
    "import": gettext_lazy("Used"),
    "export": gettext_lazy("Sent back"),
    "net": gettext_lazy("Used less sent back"),
    "none": gettext_lazy("Measured"),
}
_PARTS: dict[str, str | Promise] = {
    "import": gettext_lazy("Of what was used: %(part)s"),
    "export": gettext_lazy("Of what was sent back: %(part)s"),
}
_THOUSANDS = {"Wh": "kWh", "varh": "kvarh", "VAh": "kVAh", "W": "kW", "var": "kvar", "VA": "kVA", "J": "kJ"}
_DIGITS = 60  # more than a sum ever has
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

    Those that are `counted` add up, in their unit and direction, to all that was used; others tell a part of it, a
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
    measured: Stretches = ()
    days: Mapping[date, Amount] | None = None
    complete: Sequence[date] = ()  # in order: those of `days` of which nothing is missing

    @property
    def kind(self) -> tuple[str, str]:
        """What is added up to one figure."""
        return self.unit, self.direction

    def in_unit(self, value: Decimal) -> Decimal:
        """In the unit that is shown, exactly."""
        with localcontext() as context:
            context.prec = _DIGITS
            return value.scaleb(-self.scale)

    def shown(self, value: Decimal) -> str:
        """In the reader's language, with two decimals; what is shown is rounded, what is told is exact."""
        with localcontext() as context:
            context.prec = _DIGITS
            rounded = self.in_unit(value).quantize(Decimal("0.01"))
        return number_format(rounded, use_l10n=True, force_grouping=True)

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
    held = list(links)
    chains = _chains(held)
    groups: dict[_Place, list[UsageSums]] = defaultdict(list)
    for items, is_detail in ((counted, False), (channels, True)):
        for item in items:
            channel, name = item.channel, register_name(item.channel.register)
            is_sum = item.sums.rule is Rule.SUM
            if is_detail and is_sum and not name.is_part:
                continue  # among what counts, or the same told once more
            own = name._replace(is_total=False, telling=0) if is_detail else RegisterName()
            kind = "" if is_sum else channel.kind
            groups[
                _Place(
                    item.sums.rule,
                    channel.direction,
                    channel.unit,
                    is_detail,
                    own,
                    kind,
                    chains[channel.meter_id],
                )
            ].append(item)
    order = sorted(groups, key=_order)
    headings = _headings(order, groups, names)
    measured = {
        number: tuple(map(seconds_of, union(link.span for link in held if chains[link.meter_id] == number)))
        for number in chains.values()
    }
    return [
        replace(_series(place, groups[place], heading), measured=measured[place.chain])
        for place, heading in zip(order, headings, strict=True)
    ]


def totals(series: Iterable[Series]) -> list[Series]:
    """All that was used, sent back and so on: one series a unit and direction, the sum of those that count."""
    found: dict[tuple[str, str], list[Series]] = defaultdict(list)
    for one in series:
        if one.counted:
            found[one.kind].append(one)
    return [_added(same) for same in found.values()]


def added(values: Iterable[Decimal]) -> Decimal:
    """Exactly."""
    with localcontext() as context:
        context.prec = _DIGITS
        return sum(values, Decimal(0))


def _chains(links: Iterable[MeteredSpan]) -> dict[int, int]:
    """By meter key: the number of its chain, of meters that followed one another; those at one point before others."""
    held: dict[int, list[MeteredSpan]] = defaultdict(list)
    for link in links:
        held[link.meter_id].append(link)
    chains: list[list[MeteredSpan]] = []
    number: dict[int, int] = {}
    for meter, own in sorted(
        held.items(), key=lambda one: (min(link.span.start or _EVER for link in one[1]), one[0])
    ):
        points = {link.service_point_id for link in own}
        apart = [chain for chain in chains if not any(a.span.intersect(b.span) for a in chain for b in own)]
        same = [chain for chain in apart if points & {link.service_point_id for link in chain}]
        chain = next(iter(same or apart), None)
        if chain is None:
            chain = []
            chains.append(chain)
        chain += own
        number[meter] = next(place for place, one in enumerate(chains) if one is chain)
    return number


def _order(place: _Place) -> tuple[int, bool, int, str, RegisterName, str, int]:
    directions = list(_DIRECTIONS)
    rule, direction = _RULES.index(place.rule), directions.index(place.direction)
    return rule, place.is_detail, direction, place.unit, place.name, place.kind, place.chain


def _headings(
    order: Sequence[_Place],
    groups: Mapping[_Place, Sequence[UsageSums]],
    names: Mapping[int, str],
) -> Iterator[str]:
    """Names of meters where several measured, never a register's code; what is still alike is numbered."""
    seen: dict[tuple[str, str], int] = defaultdict(int)
    for place in order:
        rivals = [other for other in order if other.rule == place.rule and other.is_detail == place.is_detail]
        directions = {other.direction for other in rivals if other.unit == place.unit}
        heading = _what(place, several=len(directions) > 1)
        if (
            len(
                {
                    other.chain
                    for other in rivals
                    if (other.direction, other.unit) == (place.direction, place.unit)
                }
            )
            > 1
        ):
            newest = max(groups[place], key=lambda item: int(item.sums.ends.max())).channel
            called = names.get(newest.meter_id) or _("meter %(meter)s") % {"meter": newest.meter_number}
            heading = f"{heading}, {called}"
        seen[heading, place.unit] += 1
        if seen[heading, place.unit] > 1:
            heading = f"{heading} ({seen[heading, place.unit]})"
        yield heading


def _what(place: _Place, *, several: bool) -> str:
    direction, part = str(_DIRECTIONS[place.direction]), _part_in_words(place.name)
    if place.rule is Rule.SUM:
        if not place.is_detail:
            return direction
        return str(_PARTS.get(place.direction, "%(part)s")) % {"part": part}
    what = _("Highest value") if place.rule is Rule.HIGHEST else _("Meter reading")
    told = [what, *([direction] if several else []), *([part] if part else [])]
    return ", ".join(told)


def _part_in_words(name: RegisterName) -> str:
    """`rate 1`, `tier 2`, `phase 3`, or "" for no part."""
    words = []
    if name.tariff:
        words.append(_("rate %(number)s") % {"number": name.tariff})
    if name.tier:
        words.append(_("tier %(number)s") % {"number": name.tier})
    if name.phase:
        words.append(_("phase %(number)s") % {"number": name.phase})
    return ", ".join(words)


def _series(place: _Place, group: Sequence[UsageSums], heading: str) -> Series:
    unit = _THOUSANDS.get(place.unit)
    return Series(
        heading,
        unit or SHOWN_UNITS.get(place.unit, place.unit),
        place.rule,
        place.direction,
        _joined([_of_one(item) for item in group], place.rule),
        3 if unit else 0,
        counted=not place.is_detail,
    )


def _added(same: Sequence[Series]) -> Series:
    """One series of several that count, headed by its direction alone."""
    first = replace(same[0], heading=str(_DIRECTIONS[same[0].direction]))
    if len(same) == 1:
        return first
    whole = replace(first, amounts=_all([(one.amounts, one.measured) for one in same]))
    days = [(one.days, one.measured) for one in same if one.days is not None]
    if len(days) < len(same):
        return replace(whole, days=None, complete=())
    return whole.with_days(_all(days))


def _all(each: Sequence[tuple[Mapping[date, Amount], Stretches]]) -> dict[date, Amount]:
    """Of meters that measured at the same time. What one did not tell while it measured is missing in the sum."""
    found = dict(_joined([amounts for amounts, _ in each], Rule.SUM))
    for amounts, measured in each:
        usual = max((amount.due for amount in amounts.values()), default=1)
        for day, whole in found.items():
            if day not in amounts and any(
                first < whole.end and past > whole.start for first, past in measured
            ):
                found[day] = whole._replace(due=whole.due + usual)
    return found


def _of_one(item: UsageSums) -> dict[date, Amount]:
    sums = item.sums
    columns = (sums.starts.tolist(), sums.ends.tolist(), sums.known.tolist(), sums.due.tolist())
    return dict(zip(sums.days, map(Amount, item.values, *columns, item.not_measured), strict=True))


def _joined(each: Sequence[Mapping[date, Amount]], rule: Rule) -> Mapping[date, Amount]:
    """Of meters, or channels, period by period."""
    if len(each) == 1:
        return each[0]
    found: dict[date, list[Amount]] = defaultdict(list)
    for amounts in each:
        for day, amount in amounts.items():
            found[day].append(amount)
    return {day: _together(parts, rule) for day, parts in found.items()}


def _together(parts: Sequence[Amount], rule: Rule) -> Amount:
    values = {
        Rule.SUM: lambda: added(part.value for part in parts),
        Rule.HIGHEST: lambda: max(part.value for part in parts),
        Rule.LAST: lambda: max(parts, key=lambda part: part.end).value,
    }
    return Amount(
        values[rule](),
        min(part.start for part in parts),
        max(part.end for part in parts),
        sum(part.known for part in parts),
        sum(part.due for part in parts),
        sum(part.not_measured for part in parts),
    )

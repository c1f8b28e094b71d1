"""Channels as a customer reads them: what was used and sent back, one meter after the other."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, localcontext
from itertools import combinations
from typing import NamedTuple

from django.utils.formats import number_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.queries.links import MeteredSpan
from datahub.queries.sum_pieces import Rule
from datahub.queries.summed_usage import UsageSums

_DIRECTIONS: dict[str, str | Promise] = {
    "import": gettext_lazy("Used"),
    "export": gettext_lazy("Sent back"),
    "net": gettext_lazy("Used less sent back"),
    "none": gettext_lazy("Measured"),
}
_THOUSANDS = {"Wh": "kWh", "varh": "kvarh", "VAh": "kVAh", "W": "kW", "var": "kvar", "VA": "kVA"}
_SIGNS = {"m3": "m³", "ft3": "ft³"}
_DIGITS = 60  # more than a sum ever has
_RULES = list(Rule)


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

    Never the sum of two registers or directions. `days` are the amounts of single days, None where readings are longer
    than that, so that a day without one is not missing.
    """

    heading: str
    unit: str  # as shown
    rule: Rule
    direction: str
    amounts: Mapping[date, Amount]
    scale: int  # shown = value / 10**scale
    meters: frozenset[int] = frozenset()  # keys
    is_plain: bool = True  # no register or meter has to be named to tell it from others
    days: Mapping[date, Amount] | None = None
    complete: Sequence[date] = ()  # in order: those of `days` of which nothing is missing

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


def usage_series(items: Sequence[UsageSums], links: Iterable[MeteredSpan]) -> list[Series]:
    """Sums first, what was used before what was sent back.

    Meters that followed one another are one series; meters that measured at the same time, registers, directions,
    units and kinds each stay on their own.
    """
    held: dict[int, list[MeteredSpan]] = defaultdict(list)
    for link in links:
        held[link.meter_id].append(link)
    alike: dict[tuple[str, ...], list[UsageSums]] = defaultdict(list)
    for item in items:
        channel = item.channel
        alike[item.sums.rule, channel.direction, channel.unit, channel.kind, channel.register].append(item)
    groups = [
        part
        for found in alike.values()
        for part in ([found] if _one_after_the_other(found, held) else [[one] for one in found])
    ]
    groups.sort(key=_order)
    return [_series(group, groups) for group in groups]


def _one_after_the_other(items: Sequence[UsageSums], held: Mapping[int, Sequence[MeteredSpan]]) -> bool:
    return not any(
        one.span.intersect(other.span)
        for first, second in combinations(items, 2)
        for one in held[first.channel.meter_id]
        for other in held[second.channel.meter_id]
    )


def _order(group: Sequence[UsageSums]) -> tuple[int, int, str, str, str]:
    channel = group[0].channel
    directions = list(_DIRECTIONS)
    rule, direction = _RULES.index(group[0].sums.rule), directions.index(channel.direction)
    return rule, direction, channel.unit, channel.register, channel.meter_number


def _series(group: Sequence[UsageSums], groups: Sequence[Sequence[UsageSums]]) -> Series:
    channel, rule = group[0].channel, group[0].sums.rule
    words = {
        Rule.SUM: _DIRECTIONS[channel.direction],
        Rule.HIGHEST: _("Highest value"),
        Rule.LAST: _("Meter reading"),
    }
    heading = str(words[rule])
    rivals = [other[0].channel for other in groups if other[0].sums.rule == rule]
    rivals = [other for other in rivals if (other.direction, other.unit) == (channel.direction, channel.unit)]
    if len({other.register for other in rivals}) > 1 and channel.register:
        heading = f"{heading}, {channel.register}"
    if sum(other.register == channel.register for other in rivals) > 1:
        heading = _("%(what)s, meter %(meter)s") % {"what": heading, "meter": channel.meter_number}
    unit = _THOUSANDS.get(channel.unit)
    return Series(
        heading,
        unit or _SIGNS.get(channel.unit, channel.unit),
        rule,
        channel.direction,
        _amounts(group, rule),
        3 if unit else 0,
        frozenset(item.channel.meter_id for item in group),
        heading == str(words[rule]),
    )


def _amounts(group: Sequence[UsageSums], rule: Rule) -> dict[date, Amount]:
    each = [_of_one(item) for item in group]
    if len(each) == 1:
        return each[0]
    found: dict[date, list[Amount]] = defaultdict(list)
    for amounts in each:
        for day, amount in amounts.items():
            found[day].append(amount)
    return {day: _joined(parts, rule) for day, parts in found.items()}


def _of_one(item: UsageSums) -> dict[date, Amount]:
    sums = item.sums
    columns = (sums.starts.tolist(), sums.ends.tolist(), sums.known.tolist(), sums.due.tolist())
    return dict(zip(sums.days, map(Amount, item.values, *columns, item.not_measured), strict=True))


def added(values: Iterable[Decimal]) -> Decimal:
    """Exactly."""
    with localcontext() as context:
        context.prec = _DIGITS
        return sum(values, Decimal(0))


def _joined(parts: Sequence[Amount], rule: Rule) -> Amount:
    """Of meters that followed one another within the period."""
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

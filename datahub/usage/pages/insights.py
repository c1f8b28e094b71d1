"""What a period tells beside its chart: net of used and sent back, rates, the highest hour, and the night."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.utils import timezone
from django.utils.translation import gettext as _

from cdsc_portal.lib.time.dates_in_words import day_in_words
from datahub.charts.drawing import Drawing, Key, Paint
from datahub.charts.shapes import breakdown, swatch
from datahub.usage.pages.hours import hour_in_words
from datahub.usage.pages.measured import MeasuredUsage
from datahub.usage.pages.series import Series, added
from datahub.usage.sum_periods import Slots
from datahub.usage.sum_pieces import Rule

_NIGHT = range(6)  # hours in which little is switched on, and no sun hides what is
_HOUR = timedelta(hours=1)
_HUNDRED = Decimal(100)


@dataclass(frozen=True, slots=True)
class Rates:
    """What was used at each rate of the tariff, as pieces of a bar with their keys."""

    bar: Drawing
    legend: tuple[Key, ...]


@dataclass(frozen=True, slots=True)
class Insights:
    """Sentences, and what was used by rate where the tariff has rates; the table or the hours have all of it too."""

    sentences: tuple[str, ...]
    rates: Rates | None


def insights(usage: MeasuredUsage, hours: Sequence[Series], slots: Slots | None) -> Insights:
    """`hours` are the totals of the period by `slots` of an hour or less; without them nothing is said of hours."""
    sentences = [*_net(usage), *_own_use(usage)]
    for total in hours:
        if total.direction == "import" and slots is not None and slots.seconds <= _HOUR.total_seconds():
            sentences += _hours(total, slots)
            break  # the same amount in another unit is no more use
    return Insights(tuple(sentences), _rates(usage))


def _net(usage: MeasuredUsage) -> Iterator[str]:
    """Used less sent back, where both were measured over the same parts, whole: net of gaps is no net."""
    by_unit: dict[str, dict[str, Series]] = defaultdict(dict)
    for total in usage.totals:
        by_unit[total.unit][total.direction] = total
    for unit, own in by_unit.items():
        if not {"import", "export"} <= own.keys():
            continue
        used, sent = own["import"], own["export"]
        amounts = [(used.amounts.get(part), sent.amounts.get(part)) for part in usage.parts]
        both = [(into, out) for into, out in amounts if into is not None and out is not None]
        if not both or len(both) < sum(into is not None or out is not None for into, out in amounts):
            continue
        values = [used.in_unit(added(pair[place].value for pair in both)) for place in (0, 1)]
        net = values[0] - values[1]
        facts = {
            "used": used.shown(added(into.value for into, _out in both)),
            "sent": sent.shown(added(out.value for _into, out in both)),
            "net": used.shown(
                added([*(into.value for into, _o in both), *(-out.value for _i, out in both)]).copy_abs()
            ),
            "unit": unit,
        }
        if net >= 0:
            yield (
                _(
                    "Used %(used)s %(unit)s less %(sent)s %(unit)s sent back: %(net)s %(unit)s net from the grid"
                )
                % facts
            )
        else:
            yield (
                _("Used %(used)s %(unit)s, sent back %(sent)s %(unit)s: %(net)s %(unit)s net to the grid")
                % facts
            )


def _own_use(usage: MeasuredUsage) -> Iterator[str]:
    """What of the production stayed in the house, over the parts of which all three are known whole."""
    by_kind = {(total.unit, total.direction): total for total in usage.totals}
    for (unit, direction), produced in by_kind.items():
        others = [by_kind.get((unit, other)) for other in ("export", "import")]
        if direction != "production" or None in others:
            continue
        series = [produced, *(each for each in others if each is not None)]
        amounts = [[each.amounts.get(part) for each in series] for part in usage.parts]
        known = [
            [each for each in of_part if each is not None and each.known >= each.due] for of_part in amounts
        ]
        whole = [of_part for of_part in known if len(of_part) == len(series)]
        if not whole:
            continue
        made, sent, used = (added(of_part[place].value for of_part in whole) for place in range(3))
        own = made - sent
        if not 0 <= own <= made or not made:  # meters that contradict each other say no share
            continue
        yield _("Of %(made)s %(unit)s produced you used %(own)s %(unit)s yourself: %(share)s%% own use") % {
            "made": produced.shown(made),
            "own": produced.shown(own),
            "share": round(own * _HUNDRED / made),
            "unit": unit,
        }
        yield _("%(share)s%% of the %(all)s %(unit)s that you needed came from your own production") % {
            "share": round(own * _HUNDRED / (own + used)), "all": produced.shown(own + used), "unit": unit,
        }  # fmt: skip


def _hours(total: Series, slots: Slots) -> Iterator[str]:
    """The highest hour, and the quietest one of the night on average; of hours that are known whole."""
    zone = timezone.get_default_timezone()
    pieces: dict[tuple[date, int, int], list[Decimal]] = defaultdict(list)
    for start, amount in total.amounts.items():
        assert isinstance(start, datetime)
        local = timezone.localtime(start, zone)
        if amount.known >= amount.due:
            pieces[local.date(), local.hour, local.fold].append(amount.value)
    count = int(_HOUR.total_seconds()) // slots.seconds
    hours = {hour: added(values) for hour, values in pieces.items() if len(values) == count}
    if not hours:
        return
    day, hour, _fold = most = max(hours, key=lambda each: hours[each])
    facts = {
        "from": hour_in_words(hour),
        "to": hour_in_words((hour + 1) % 24),
        "day": day_in_words(day),
        "amount": f"{total.shown(hours[most])} {total.unit}",
    }
    yield _("Highest hour: %(amount)s from %(from)s to %(to)s on %(day)s") % facts
    night: dict[int, list[Decimal]] = defaultdict(list)
    for (_day, hour, _fold), value in hours.items():
        if hour in _NIGHT:
            night[hour].append(value)
    if night:
        means = {hour: added(values) / len(values) for hour, values in night.items()}
        quiet = min(means, key=lambda each: means[each])
        facts = {"hour": hour_in_words(quiet), "amount": f"{total.shown(means[quiet])} {total.unit}"}
        yield _("What always runs: at %(hour)s you use %(amount)s an hour on average") % facts


def _rates(usage: MeasuredUsage) -> Rates | None:
    """Shares of what was used at each rate of the tariff, of one unit."""
    rated = [
        each for each in usage.series if each.rate and each.rule is Rule.SUM and each.direction == "import"
    ]
    by_rate: dict[str, Decimal] = defaultdict(Decimal)
    for each in rated:
        if each.unit == rated[0].unit:
            by_rate[each.rate] += added(
                each.amounts[part].value for part in usage.parts if part in each.amounts
            )
    whole = sum(by_rate.values(), Decimal(0))
    if len(by_rate) < 2 or whole <= 0:
        return None
    values = dict(sorted(by_rate.items()))
    colors = [f"series-{place % 6 + 1}" for place in range(len(values))]
    keys = []
    for (rate, value), color in zip(values.items(), colors, strict=True):
        words = {"number": rate, "percent": round(value * _HUNDRED / whole)}
        share = _("Rate %(number)s: %(percent)s%%") % words
        keys.append(Key(f"{share} ({rated[0].shown(value)} {rated[0].unit})", swatch(Paint(color))))
    return Rates(breakdown(list(values.values()), colors), tuple(keys))

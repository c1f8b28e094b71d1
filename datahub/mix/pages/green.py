"""How green electricity was: grams of CO2 for a kWh by the utility's own factors, and the greener hours of a week."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial
from itertools import pairwise

from django.conf import settings
from django.utils import timezone
from django.utils.dates import WEEKDAYS, WEEKDAYS_ABBR
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from cdsc_portal.lib.text.money import number_in_words
from cdsc_portal.lib.time.ranges import Span
from datahub.charts.drawing import Chart, Drawing, Key, Scale, Tick
from datahub.charts.shapes import cells, class_paint, swatch
from datahub.mix.arithmetic.amounts import UNKNOWN
from datahub.mix.pages.texts import percent
from datahub.mix.sums import MixSum
from datahub.usage.pages.hours import hour_in_words
from datahub.usage.pages.table import Cell, Column, Row, Table, build_table

RENEWABLE = frozenset({"solar", "wind", "hydro", "geothermal", "biomass", "marine", "other_renewable"})
LONGEST = timedelta(days=14)  # the hours of the week are means of so long before the end of what is shown
_CLASSES, _DAYS, _HOURS = 5, 7, 24
_COLOR = "series-3"
_LEAST = Decimal("0.01")  # between the greenest and the least green hour
_FEWEST = _DAYS * _HOURS // 2  # hours of the week that are known, before anything is said of them


@dataclass(frozen=True, slots=True)
class GreenHours:
    """Monday on top; class 5 is the greenest. The table says the same."""

    chart: Chart
    table: Table


def carbon_in_words(average: MixSum) -> str:
    """`About 212 g of CO2 for each kWh`, of what is known; "" where the factor of a known source is missing."""
    factors: Mapping[str, Decimal] = settings.MIX_CARBON_GRAMS
    known = {source: share for source, share in average.shares.items() if share and source != UNKNOWN}
    whole = sum(known.values(), Decimal(0))
    if not factors or not whole or not known.keys() <= factors.keys():
        return ""
    grams = sum((share * factors[source] for source, share in known.items()), Decimal(0)) / whole
    facts = {"grams": number_in_words(grams.quantize(Decimal(1))), "source": settings.MIX_CARBON_SOURCE}
    sentence = _("About %(grams)s g of CO2 for each kWh (factors: %(source)s).") % facts
    if whole < 1:
        part = _("This speaks of the %(share)s whose source is known.") % {
            "share": percent(whole, decimals=0)
        }
        sentence = f"{sentence} {part}"
    return sentence


def green_window(shown: Span, loaded_until: datetime) -> list[datetime]:
    """The instants at which the hours begin that are averaged, and the end of the last one; empty for a day or less."""
    end = min(shown.end or loaded_until, loaded_until)
    start = max(shown.start or end, end - LONGEST)
    count = int((end - start) / timedelta(hours=1))
    return [start + timedelta(hours=place) for place in range(count + 1)] if count > _HOURS else []


def green_hours(bounds: Sequence[datetime], renewable: Mapping[int, Decimal]) -> GreenHours | None:
    """The renewable share of each hour of the week; `renewable` is that of each hour that is known, by its place among
    `bounds`.
    """
    zone = timezone.get_default_timezone()
    shares: dict[tuple[int, int], list[Decimal]] = defaultdict(list)
    for place, share in renewable.items():
        local = bounds[place].astimezone(UTC).astimezone(zone)
        shares[local.weekday(), local.hour].append(share)
    if len(shares) < _FEWEST:
        return None
    means = {cell: sum(values, Decimal(0)) / len(values) for cell, values in shares.items()}
    high = max(means.values())
    if not high:
        return None
    by_hour = {hour: [mean for (_day, each), mean in means.items() if each == hour] for hour in range(_HOURS)}
    of_hours = {hour: sum(own, Decimal(0)) / len(own) for hour, own in by_hour.items() if own}
    best, worst = max(of_hours, key=of_hours.__getitem__), min(of_hours, key=of_hours.__getitem__)
    if of_hours[best] - of_hours[worst] < _LEAST:  # such as a month that is reported as one step
        return None
    facts = {
        "best": hour_in_words(best), "most": percent(of_hours[best], decimals=0),
        "worst": hour_in_words(worst), "least": percent(of_hours[worst], decimals=0),
    }  # fmt: skip

    def column(hour: int) -> Column[int]:
        def cell(day: int) -> Cell:
            return Cell(percent(means[day, hour], decimals=0) if (day, hour) in means else _("No data"))

        return Column(hour_in_words(hour), cell)

    table = build_table(
        _("Day"),
        [column(hour) for hour in range(_HOURS)],
        range(_DAYS),
        lambda day: Row(capfirst(str(WEEKDAYS[day]))),
    )
    finding = _("Greenest around %(best)s: %(most)s renewable; least around %(worst)s: %(least)s") % facts
    return GreenHours(_chart(finding, means, high), table)


def _chart(finding: str, means: Mapping[tuple[int, int], Decimal], high: Decimal) -> Chart:
    """Of as many classes from the least green hour to the greenest, hours from left to right."""
    hours, rows = Scale(Decimal(0), Decimal(_HOURS)), Scale(Decimal(0), Decimal(_DAYS), Decimal(_DAYS * 22))
    low = min(means.values())
    classes = Scale(low, high, Decimal(_CLASSES))
    paint = partial(class_paint, _CLASSES, _COLOR)
    places = (
        (hour, day, 1, min(int(classes.at(mean)) + 1, _CLASSES))
        for (hour, day), mean in sorted(((hour, day), mean) for (day, hour), mean in means.items())
    )
    edges = [percent(low + (high - low) * place / _CLASSES, decimals=0) for place in range(_CLASSES + 1)]
    keys = [
        Key(
            _("%(low)s to %(high)s renewable") % {"low": least, "high": most},
            swatch(paint(number)),
        )
        for number, (least, most) in enumerate(pairwise(edges), 1)
    ]
    return Chart(
        title=finding,
        name="green",
        drawing=Drawing(cells(places, paint), height=int(rows.length), grid=(_HOURS, _DAYS)),
        sides=tuple(Tick(rows.at(day) + 11, capfirst(str(WEEKDAYS_ABBR[day]))) for day in range(_DAYS)),
        feet=tuple(
            Tick(hours.at(hour + Decimal("0.5")), hour_in_words(hour)) for hour in range(0, _HOURS, 3)
        ),
        legend=(*keys, *([Key(_("A gap: no data"))] if len(means) < _DAYS * _HOURS else [])),
        zero=rows.length,
        ruled=False,
    )

"""All that was used is one figure everywhere, whatever meters, swaps and names of registers tell it."""

import csv
import io
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import numpy as np
import pytest
from django.test import Client as Browser
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from lxml import html

from datahub.mix.weights import contracts_use
from tests.consent.api.reader import Reader
from tests.factories.accounts import (
    ContractServicePointFactory,
    MeterDeviceFactory,
    MeterInstallationFactory,
    ServicePointFactory,
    household,
)
from tests.factories.datahub import BillSectionFactory, BillStatementFactory, LineItemFactory
from tests.factories.feeds import load_readings, usage_series
from tests.support.examples import examples, rolled_back

FIRST, PAST = date(2026, 3, 6), date(2026, 3, 10)  # four local days, the third of 23 hours
START = datetime(2026, 3, 6, 8, tzinfo=UTC)
HOURS = 95
MIDNIGHTS = (0, 24, 48, 71, 95)  # hours from START
HOUR = timedelta(hours=1)


def hourly(meter, use, register, *, start=0, **facts):
    return usage_series(meter, START + start * HOUR, use, step=3600, scale=0, register=register, **facts)


def read_at_midnights(meter, use, register, *, before=1000):
    """What a register shows at each midnight from the first on."""
    return [
        usage_series(
            meter,
            START + hour * HOUR,
            [before + sum(use[:hour])],
            step=0,
            scale=0,
            register=register,
            kind="register",
        )
        for hour in MIDNIGHTS
    ]


def by_rate(use):
    """The hours of a high and of a low rate; each register is there all the time."""
    return [[wh if (place % 24 < 8) == low else 0 for place, wh in enumerate(use)] for low in (False, True)]


def rates(meter, use, *registers):
    return [hourly(meter, part, register) for part, register in zip(by_rate(use), registers, strict=True)]


def daily(meter, use, register):
    """Days as feeds state them: of 24 hours each, that of the clock change too."""
    return [
        usage_series(
            meter, START + first * HOUR, [sum(use[first:past])], step=86_400, scale=0, register=register
        )
        for first, past in zip(MIDNIGHTS, MIDNIGHTS[1:], strict=False)
    ]


STYLES = {
    "no name": lambda m, use: [hourly(m, use, "")],
    "OBIS": lambda m, use: [hourly(m, use, "1.8.0")],
    "load profile beside its register": lambda m, use: [
        hourly(m, use, "1-1:1.29.0"), *read_at_midnights(m, use, "1-1:1.8.0"),
    ],
    "total and rates": lambda m, use: [hourly(m, use, "1.8.0"), *rates(m, use, "1.8.1", "1.8.2")],
    "rates alone": lambda m, use: rates(m, use, "1-0:1.8.1", "1-0:1.8.2"),
    "ESPI": lambda m, use: [hourly(m, use, ""), *rates(m, use, "tou 1", "tou 2")],
    "ESPI in rates and in tiers": lambda m, use: [
        *rates(m, use, "tou 1", "tou 2"), *rates(m, use, "tier 1", "tier 2"),
    ],
    "two circuits": lambda m, use: rates(m, use, "E1", "E2"),
    "two names for one": lambda m, use: [hourly(m, use, ""), hourly(m, use, "1.8.0")],
    "renamed within a day": lambda m, use: [hourly(m, use[:40], ""), hourly(m, use[30:], "1.8.0", start=30)],
    "hours and days": lambda m, use: [hourly(m, use, "01"), *daily(m, use, "02")],
    "days": lambda m, use: daily(m, use, ""),
    "phases": lambda m, use: [hourly(m, use, "1.8.0"), *rates(m, use, "21.8.0", "41.8.0")],
    "registers": lambda m, use: read_at_midnights(m, use, "1.8.0"),
    "registers by rate": lambda m, use: [
        reading
        for part, name in zip(by_rate(use), ("1.8.1", "1.8.2"), strict=True)
        for reading in read_at_midnights(m, part, name)
    ],
    "registers, later intervals": lambda m, use: [
        *read_at_midnights(m, use, ""), hourly(m, use[48:], "", start=48),
    ],
}  # fmt: skip
COARSE = {"registers", "registers by rate", "registers, later intervals"}  # no weights for an hour's mix
meters = st.tuples(st.sampled_from(sorted(STYLES)), st.integers(1, 500))
points = st.lists(  # at each a meter, or two of which one is swapped for the other at a midnight
    st.tuples(meters, st.none() | st.tuples(st.sampled_from(MIDNIGHTS[1:-1]), meters)), min_size=1, max_size=3
)


def figures(home, bill):
    """What each place says was used, in watt-hours as exactly as it says it."""
    browser = Browser()
    browser.force_login(home.owner)

    def page(address, **query):
        return html.fromstring(browser.get(address, query).content.decode())

    usage = page("/my/usage/", period="2026-03")
    headings = [heading.text_content() for heading in usage.xpath("//thead//th")[1:]]
    columns = [
        place
        for place, heading in enumerate(headings, 1)
        if heading.startswith("Used") and "before" not in heading
    ]
    foot = [usage.xpath(f"//tfoot//td[{place}]//data/@value") for place in columns]
    estimate = page("/my/usage/", period="2026-03", show="estimate").xpath("//tfoot//td//text()")
    reader = Reader()
    reader.granted(home.contract)
    sums = reader.get("/usage_sums", {"by": "month"}).json()["data"]
    assert "1.8." not in usage.text_content()
    assert "tou " not in usage.text_content()
    title = usage.xpath("//p[@class='chart__title']/text()")[0]
    home_page = page("/my/")
    lines = csv.DictReader(
        io.StringIO(browser.get("/my/portfolio.csv", {"month": "2026-03"}).content.decode("utf-8-sig"))
    )
    return {
        "portfolio": sum(Decimal(line["used"]) for line in lines) * 1000,
        "columns": sum(Decimal(cell[0]) for cell in foot if cell),
        "headline": Decimal(title.split("You used ")[1].split(" kWh")[0].replace(",", "")) * 1000,
        "home": Decimal(home_page.xpath("//p[@class='home-figure']/a/text()")[0].strip().replace(",", ""))
        * 1000,
        "estimate": Decimal("".join(estimate).strip().replace("$", "").replace(",", "")) * 1000,
        "API": sum(Decimal(period["counted"] or 0) for each in sums for period in each["periods"]),
        "bill": bill.quantity * 1000,
    }


@pytest.mark.django_db
@pytest.mark.usefixtures("spring_of_2026")
@pytest.mark.spec("P-26")
@settings(
    max_examples=examples(12),
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(points=points, produced=st.none() | st.integers(0, 900))
@rolled_back
def test_every_place_tells_one_total_whatever_a_roof_makes(points, produced):
    home = household(start=date(2025, 1, 1))
    expected, is_fine = 0, True
    if produced is not None:
        load_readings(hourly(home.meter, [produced] * HOURS, "", direction="production"))
    for number, (first_style, swap) in enumerate(points):
        point, meter = home.point, home.meter
        if number:
            point, meter = ServicePointFactory(), MeterDeviceFactory()
            ContractServicePointFactory(contract=home.contract, service_point=point)
            MeterInstallationFactory(meter=meter, service_point=point)
        installed = [(meter, first_style, 0, HOURS)]
        if swap is not None:
            hour, other = swap
            meter.installations.update(end=START + hour * HOUR)
            new = MeterDeviceFactory()
            MeterInstallationFactory(meter=new, service_point=point, start=START + hour * HOUR)
            installed = [(meter, first_style, 0, hour), (new, other, hour, HOURS)]
        for meter, (style, base), first, past in installed:
            use = [(base * (place + 3)) % 977 * 10 for place in range(HOURS)]
            load_readings(*STYLES[style](meter, use))
            expected += sum(use[first:past])
            is_fine &= style not in COARSE
    statement = BillStatementFactory(account=home.account, start=FIRST, end=PAST)
    section = BillSectionFactory(statement=statement, contract=home.contract, start=FIRST, end=PAST)
    quantity = Decimal(expected) / 1000
    bill = LineItemFactory(section=section, quantity=quantity, rate=Decimal(1), amount=quantity)

    totals = figures(home, bill)

    assert set(totals.values()) == {Decimal(expected)}, totals
    if is_fine:
        begin, end = (np.array([int(moment.timestamp())]) for moment in (START, START + HOURS * HOUR))
        used = contracts_use([home.contract.pk], (int(begin[0]), int(end[0])))[home.contract.pk].during(
            begin, end
        )
        assert (used.values[0], used.known[0]) == (expected * 10**used.scale, True)

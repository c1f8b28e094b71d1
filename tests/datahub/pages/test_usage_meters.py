"""/my/usage/ of services with several meters, registers and rates: each by its name, and what was used in all."""

from datetime import UTC, date, datetime

import pytest
from django.test import Client as Browser

from accounts.models import MeterName
from tests.datahub.pages.usage_page import DAY, MIDNIGHT, headings, page, rows
from tests.factories.accounts import MeterDeviceFactory, MeterInstallationFactory
from tests.factories.datahub import BillSectionFactory, LineItemFactory
from tests.factories.feeds import load_readings, usage_series


@pytest.fixture
def owner(home) -> Browser:
    owner = Browser()
    owner.force_login(home.owner)
    return owner


def test_rates_are_parts_of_what_was_used_and_no_code_is_shown(owner, home):
    load_readings(
        usage_series(home.meter, MIDNIGHT, [3] * 96, scale=0),
        usage_series(home.meter, MIDNIGHT, [1] * 96, scale=0, register="tou 1"),
        usage_series(home.meter, MIDNIGHT, [2] * 96, scale=0, register="tou 2"),
    )

    tree = page(owner, period="2026-03")

    assert headings(tree)[1::2] == [
        "Used (kWh)",
        "Of what was used: rate 1 (kWh)",
        "Of what was used: rate 2 (kWh)",
    ]
    assert rows(tree)["March 1, 2026"][0] == ["288", "96", "192"]


def test_a_swapped_meter_goes_on_in_the_same_column(owner, home):
    swap = MIDNIGHT + 2 * DAY
    home.meter.installations.update(end=swap)
    new = MeterDeviceFactory()
    MeterInstallationFactory(meter=new, service_point=home.point, start=swap)
    for meter in (home.meter, new):
        load_readings(usage_series(meter, MIDNIGHT, [1] * 96 * 4, scale=0))

    tree = page(owner, period="2026")

    assert len(headings(tree)) == 3
    assert rows(tree)["March 2026"][0] == [str(96 * 4)]


def test_meters_that_measure_at_once_stay_apart(owner, home):
    other = MeterDeviceFactory()
    MeterInstallationFactory(meter=other, service_point=home.point)
    for meter in (home.meter, other):
        load_readings(usage_series(meter, MIDNIGHT, [1] * 96, scale=0))

    tree = page(owner, period="2026")

    assert f"Used, meter {home.meter.meter_number} (kWh)" in headings(tree)
    assert f"Used, meter {other.meter_number} (kWh)" in headings(tree)


def test_a_meter_is_called_what_its_customer_calls_it(owner, home):
    other = MeterDeviceFactory()
    MeterInstallationFactory(meter=other, service_point=home.point)
    MeterName.objects.create(customer=home.customer, meter=other, name="EV charger")
    load_readings(usage_series(home.meter, MIDNIGHT, [1] * 96, scale=0, register="1.8.0"))
    load_readings(usage_series(other, MIDNIGHT, [2] * 96, scale=0))

    tree = page(owner, period="2026")

    assert "Used, EV charger (kWh)" in headings(tree)
    assert f"EV charger ({other.meter_number})" in [
        option.strip() for option in tree.xpath("//option/text()")
    ]
    assert "You used 0.29 kWh" in tree.xpath("//p[@class='chart__title']/text()")[0]
    assert "1.8.0" not in tree.text_content()


def test_the_last_reading_of_a_meter_that_is_taken_away_counts_and_the_next_one_begins_anew(owner, home):
    swap = MIDNIGHT + 2 * DAY
    home.meter.installations.update(end=swap)
    new = MeterDeviceFactory()
    MeterInstallationFactory(meter=new, service_point=home.point, start=swap)
    for meter, shown in ((home.meter, [700, 800, 900, 5000]), (new, [3, 3, 10, 20])):
        load_readings(
            *(
                usage_series(meter, MIDNIGHT + place * DAY, [value], step=0, scale=0, kind="register")
                for place, value in enumerate(shown)
            )
        )

    tree = page(owner, period="2026-03")

    used = {day: cells[0] for day, (cells, _notes) in rows(tree).items()}
    assert [used[f"March {day}, 2026"] for day in (1, 2, 3)] == ["100", "100", "10"]
    assert "You used 0.21 kWh" in tree.xpath("//p[@class='chart__title']/text()")[0]


def test_a_meter_that_tells_nothing_is_missing_in_what_was_used_in_all(owner, home):
    """An estimate and a comparison of the rest alone would say too little."""
    other = MeterDeviceFactory()
    MeterInstallationFactory(meter=other, service_point=home.point)
    section = BillSectionFactory(contract=home.contract, start=date(2026, 3, 1), end=date(2026, 4, 1))
    LineItemFactory(section=section)
    load_readings(usage_series(home.meter, MIDNIGHT, [10] * 96 * 2, scale=0))
    load_readings(usage_series(other, MIDNIGHT, [10] * 96, scale=0))
    load_readings(usage_series(home.meter, MIDNIGHT - 365 * DAY, [10] * 96 * 2, scale=0))
    load_readings(usage_series(other, MIDNIGHT - 365 * DAY, [10] * 96 * 2, scale=0))

    tree = page(owner, period="2026-03")
    estimate = page(owner, period="2026-03", show="estimate")

    assert (
        "Of what was measured in both years: as much as" in tree.xpath("//p[@class='chart__title']/text()")[0]
    )
    table = rows(estimate)
    assert "readings are missing" not in table["March 1, 2026"][1]
    assert "readings are missing" in table["March 2, 2026"][1]


def test_a_register_read_each_month_says_months_and_no_day_is_missing(owner, home):
    for month, value in ((1, 100), (2, 400), (3, 900)):
        start = datetime(2026, month, 1, 8, tzinfo=UTC)
        load_readings(usage_series(home.meter, start, [value], step=0, scale=0, kind="register"))

    tree = page(owner, period="2026")

    table = rows(tree)
    assert [table[f"{month} 2026"][0][0] for month in ("January", "February")] == ["300", "500"]
    assert "complete" not in tree.xpath("//tbody")[0].text_content()

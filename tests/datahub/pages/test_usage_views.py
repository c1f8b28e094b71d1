"""/my/usage/ by reading and by hour, in money, for one of several meters: what each view says and leaves open."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from urllib.parse import parse_qs

import pytest
from django.test import Client as Browser
from lxml import html

from datahub.rows.usage import Quality
from tests.factories.accounts import MeterDeviceFactory, MeterInstallationFactory, household
from tests.factories.datahub import BillSectionFactory, BillStatementFactory, LineItemFactory, bill
from tests.factories.feeds import load_days, load_readings, usage_series

URL = "/my/usage/"
MIDNIGHT = datetime(2026, 3, 1, 8, tzinfo=UTC)
SPRING = datetime(2026, 3, 8, 8, tzinfo=UTC)  # 23 hours
AUTUMN = datetime(2026, 11, 1, 7, tzinfo=UTC)  # 25 hours


@pytest.fixture
def owner(home) -> Browser:
    owner = Browser()
    owner.force_login(home.owner)
    return owner


def page(owner, **query):
    answer = owner.get(URL, query)
    assert answer.status_code == 200
    return html.fromstring(answer.content.decode())


def words(element):
    return " ".join(" ".join(element.itertext()).split())


def labels(tree):
    return [words(cell) for cell in tree.xpath("//tbody/tr/th")]


def exact(tree, column=1):
    return [cell.get("value") for cell in tree.xpath(f"//tbody//td[{column}]//data")]


def test_a_day_shows_its_readings_and_says_which_hour_comes_twice(owner, home):
    load_readings(usage_series(home.meter, AUTUMN, list(range(25)), step=3600, scale=0))

    tree = page(owner, period="2026-11-01")

    assert labels(tree)[:4] == ["12:00 AM", "1:00 AM (first)", "1:00 AM (second)", "2:00 AM"]
    assert exact(tree)[:4] == ["0", "1", "2", "3"]
    assert len(labels(tree)) == 25
    assert tree.xpath("//tfoot//data/@value") == [str(sum(range(25)))]
    assert "A day of 25 hours" in words(tree)


def test_an_hour_that_does_not_exist_is_not_missing(owner, home):
    load_readings(usage_series(home.meter, SPRING, [1] * 23, step=3600, scale=0))

    tree = page(owner, period="2026-03-08")

    assert labels(tree)[1:3] == ["1:00 AM", "3:00 AM"]
    assert "one hour does not exist. It is not missing." in words(tree)
    assert "No data" not in words(tree)
    assert "A gap" not in words(tree)


@pytest.mark.parametrize(
    ("day", "is_dense"), [("2026-03-07", False), ("2026-03-08", True), ("2026-11-01", False)]
)
def test_labels_that_a_skipped_hour_brings_together_are_fewer_on_a_phone(owner, home, day, is_dense):
    begin = datetime.fromisoformat(f"{day}T08:00:00+00:00")
    load_readings(usage_series(home.meter, begin, [1000] * 25 * 4, scale=0))

    (plot,) = page(owner, period=day).xpath("//figure//svg[@role='img']")

    assert ("chart__plot--dense" in plot.get("class")) == is_dense


def test_what_is_missing_in_a_day_is_a_gap_and_a_zero_is_a_zero(owner, home):
    load_readings(usage_series(home.meter, MIDNIGHT, [0, None, 3, *[1] * 93], scale=0))

    tree = page(owner, period="2026-03-01")

    cells = [words(cell) for cell in tree.xpath("//tbody//td[1]")]
    assert cells[:3] == ["0.00", "No data", "0.00"]
    assert "95 of 96 readings" in words(tree.xpath("//tfoot")[0])
    assert len(tree.xpath("//svg[@role='img']/rect[starts-with(@class, 'fill-')]")) == 95


def test_readings_of_a_minute_are_shown_by_longer_parts_that_add_up(owner, home):
    load_readings(usage_series(home.meter, MIDNIGHT, [7] * 1440, step=60, scale=0))

    tree = page(owner, period="2026-03-01")

    assert len(labels(tree)) == 288
    assert set(exact(tree)) == {"35"}


def test_a_day_without_readings_of_its_own_is_not_opened_nor_missing(owner, home):
    load_readings(usage_series(home.meter, MIDNIGHT, [500], step=31 * 86_400 - 3600, scale=0))

    tree = page(owner, period="2026-03")
    assert exact(tree) == ["500"]
    assert not tree.xpath("//tbody//a")
    assert "of 31 days" not in words(page(owner, period="2026"))


def test_the_finding_compares_with_the_year_before(owner, home):
    load_days(home.meter, date(2025, 2, 28), 34, value=1000, scale=0)
    load_days(home.meter, date(2026, 2, 28), 34, value=920, scale=0)

    assert "in March 2026, 8% less than in March 2025" in words(page(owner, period="2026-03"))
    assert "on March 3, 2026, 8% less than on March 3, 2025" in words(page(owner, period="2026-03-03"))


def test_the_finding_compares_only_what_was_measured_in_both_years(owner, home):
    load_days(home.meter, date(2025, 2, 28), 34, value=1000, scale=0)
    load_days(home.meter, date(2026, 3, 2), 11, value=1500, scale=0)

    assert "Of what was measured in both years: 50% more than in March 2025" in words(
        page(owner, period="2026-03")
    )


def test_before_somebody_moved_in_there_is_nothing_to_compare(home):
    newcomer = household(start=date(2026, 1, 5))
    owner = Browser()
    owner.force_login(newcomer.owner)
    load_days(newcomer.meter, date(2025, 3, 1), 400)

    tree = page(owner, period="2026-03")

    assert "The year before was before you moved in" in words(tree.xpath("//figcaption")[0])
    assert "Before you moved in" in words(tree.xpath("//tbody")[0])


def test_days_that_are_not_whole_are_counted(owner, home):
    load_days(home.meter, date(2026, 2, 28), 40)
    home.contract.refresh_from_db()
    tree = page(owner, period="2026-03")
    assert "days complete" not in words(tree)

    gap = usage_series(home.meter, MIDNIGHT + timedelta(days=3), [1] * 96 * 3, quality=Quality.WITHDRAWN)
    load_readings(gap, version_at=datetime(2026, 12, 1, tzinfo=UTC))

    assert "28 of 31 days complete" in words(page(owner, period="2026-03").xpath("//tfoot")[0])
    assert "28 of 31 days complete" in words(page(owner, period="2026").xpath("//tbody")[0])


def test_the_hours_of_a_month_have_seven_classes_and_a_table_of_all_of_them(owner, home):
    values = [1000 * (hour % 24) for hour in range(24 * 31 - 1)]
    load_readings(usage_series(home.meter, MIDNIGHT, values, step=3600, scale=0))

    tree = page(owner, period="2026-03", look="hours")

    assert 1 < len(tree.xpath("//g[@class='chart__grid']/path[@fill-opacity]")) <= 7
    assert len(tree.xpath("//ul[@class='chart__legend']/li[contains(., 'kWh')]")) == 7
    cells = [[words(cell) for cell in row.iter("td")] for row in tree.xpath("//tbody/tr")]
    assert len(cells) == 31
    assert {len(row) for row in cells} == {24}
    assert cells[7][1:4] == ["1.00", "no such hour", "2.00"]
    days = tree.xpath("string(//figure/@data-cells)").split()
    assert days[7][2] == "-"
    assert {len(day) for day in days} == {24}


@pytest.mark.spec("P-19")
def test_of_two_series_a_month_has_the_numbers_of_one_and_leads_to_those_of_the_other(owner, home):
    for direction, watts in (("import", 1000), ("export", 2000)):
        values = [watts] * (24 * 31 - 1)
        load_readings(usage_series(home.meter, MIDNIGHT, values, step=3600, scale=0, direction=direction))

    first = page(owner, period="2026-03", look="hours")
    (link,) = first.xpath("//figure/following-sibling::p/a/@href")
    query = {name: value for name, (value,) in parse_qs(link.lstrip("?")).items()}
    second = page(owner, **query)

    assert [len(tree.xpath("//figure")) for tree in (first, second)] == [2, 2]
    assert [words(tree.xpath("//tbody//td")[0]) for tree in (first, second)] == ["1.00", "2.00"]
    assert [len(tree.xpath("//tbody//td")) for tree in (first, second)] == [744, 744]
    assert "Sent back" in words(second.xpath("//table/caption")[0])


def test_an_hour_that_comes_twice_is_two_cells(owner, home):
    values = [1000 * hour for hour in range(25)]
    load_readings(usage_series(home.meter, AUTUMN, values, step=3600, scale=0))

    tree = page(owner, period="2026-11", look="hours")

    (row,) = tree.xpath("//tbody/tr")
    assert [words(cell) for cell in row.iter("td")][:3] == ["0.00", "1.00 (first), 2.00 (second)", "3.00"]
    assert len(tree.xpath("string(//figure/@data-cells)")) == 25


def test_the_hours_of_a_year_are_few_marks_and_lead_to_their_months(owner, home):
    load_days(home.meter, date(2026, 1, 1), 365, scale=0)
    load_readings(
        usage_series(home.meter, MIDNIGHT, [9000] * 96, scale=0, quality=Quality.ESTIMATED),
        version_at=datetime(2026, 12, 1, tzinfo=UTC),
    )

    tree = page(owner, period="2026", look="hours")

    assert len(tree.xpath("//figure//*[name()='path' or name()='rect']")) < 30
    assert len(tree.xpath("//tbody/tr")) == 12
    assert tree.xpath("//tbody//a/@href")[2].endswith("period=2026-03&look=hours")


def test_hours_are_not_offered_for_daily_readings(owner, home):
    load_readings(usage_series(home.meter, MIDNIGHT, [31] * 9, step=86_400, scale=1, unit="therm"))

    tree = page(owner, period="2026-03", look="hours")

    assert labels(tree)[0] == "March 1, 2026"
    assert "By hour" not in words(tree)


def test_one_of_several_meters_is_chosen_on_page_and_in_the_file(owner, home):
    other = MeterDeviceFactory()
    MeterInstallationFactory(meter=other, service_point=home.point)
    for meter, value in ((home.meter, 1), (other, 5)):
        load_readings(usage_series(meter, MIDNIGHT, [value] * 96, scale=0))

    tree = page(owner, period="2026-03", meter=other.public_id)

    assert exact(tree) == [str(5 * 96)]
    form = {
        field.get("name"): field.get("value") for field in tree.xpath("//form[.//select[@id='meter']]/input")
    }
    shown = {"period": "2026-03", "show": "energy", "look": "bars"}
    assert form == {"contract": home.contract.public_id, **shown}
    url = tree.xpath("//ul[@class='usage-downloads']//a/@href")[0]
    text = b"".join(owner.get(url).streaming_content).decode()
    assert home.meter.meter_number not in text
    assert text.count(other.meter_number) == 96
    assert owner.get(URL, {"meter": MeterDeviceFactory().public_id}).status_code == 404
    foreign = {"period": "2026", "form": "csv", "meter": MeterDeviceFactory().public_id}
    assert owner.get("/my/usage/file/", foreign).status_code == 404


@pytest.mark.parametrize("query", [{"show": "euros"}, {"look": "pie"}, {"period": "2026-02-29"}])
def test_a_view_that_there_is_not_is_not_found(owner, home, query):
    load_days(home.meter, date(2026, 3, 1), 1)

    assert owner.get(URL, query).status_code == 404


def billed(home, start, end, *, amount, quantity="100", usage="21"):
    statement = BillStatementFactory(account=home.account, statement_date=end, start=start, end=end)
    section = BillSectionFactory(
        statement=statement, contract=home.contract, position=0, start=start, end=end, amount=Decimal(amount)
    )
    LineItemFactory(section=section, position=0, quantity=Decimal(quantity), amount=Decimal(usage))
    LineItemFactory(
        section=section, position=1, name="Basic charge", kind="fixed", quantity=None, unit="", rate=None,
        amount=Decimal(amount) - Decimal(usage),
    )  # fmt: skip
    return statement


def test_billed_money_is_by_bill_and_leads_to_it(owner, home):
    load_days(home.meter, date(2026, 1, 1), 90)
    billed(home, date(2026, 1, 5), date(2026, 2, 5), amount="30")
    statement = billed(home, date(2026, 2, 5), date(2026, 3, 5), amount="40.5")
    billed(home, date(2025, 12, 1), date(2026, 1, 1), amount="99")

    tree = page(owner, period="2026", show="billed")

    assert exact(tree) == ["30.00", "40.50"]
    assert "$70.50 was billed in 2026, on 2 bills" in words(tree)
    assert f"/my/bills/{statement.public_id}/" in tree.xpath("//tbody//a/@href")
    assert "includes fixed charges and tax" in words(tree)
    assert "Estimate (" not in words(tree)


def test_of_a_corrected_bill_only_the_correction_counts(owner, home):
    load_days(home.meter, date(2026, 1, 1), 90)
    wrong = billed(home, date(2026, 1, 5), date(2026, 2, 5), amount="30")
    right = billed(home, date(2026, 1, 5), date(2026, 2, 5), amount="25")
    right.replaces = wrong
    right.save()

    assert exact(page(owner, period="2026", show="billed")) == ["25.00"]


def test_an_estimate_takes_the_price_of_each_days_bill_and_says_what_it_leaves_out(owner, home):
    load_readings(usage_series(home.meter, MIDNIGHT, [1000] * 20, step=86_400, scale=0))
    billed(home, date(2026, 2, 1), date(2026, 3, 11), amount="40", usage="20")
    billed(home, date(2026, 3, 11), date(2026, 3, 16), amount="40", usage="30")

    tree = page(owner, period="2026-03", show="estimate")

    assert [words(cell) for cell in tree.xpath("//tbody//td")][9:12] == ["$0.20", "$0.30", "$0.30"]
    assert "About $5.00 in March 2026, an estimate" in words(tree)
    assert "without fixed charges and tax" in words(tree)
    assert "Days after March 15, 2026 have no bill yet" in words(tree)
    month = page(owner, period="2026", show="estimate")
    assert "$5.00" in words(month.xpath("//tbody")[0])


def test_an_estimate_of_all_years_takes_each_days_price_too(owner, home):
    load_readings(usage_series(home.meter, MIDNIGHT, [1000] * 20, step=86_400, scale=0))
    billed(home, date(2025, 12, 20), date(2026, 3, 11), amount="40", usage="20")
    billed(home, date(2026, 3, 11), date(2026, 3, 16), amount="40", usage="30")

    tree = page(owner, period="all", show="estimate")

    assert "About $5.00 in all, an estimate" in words(tree)
    assert "2026 $5.00" in words(tree.xpath("//tbody")[0])


def test_money_of_two_currencies_is_never_in_one_chart_or_sum(owner, home):
    load_readings(usage_series(home.meter, MIDNIGHT, [1000] * 20, step=86_400, scale=0))
    old = billed(home, date(2026, 2, 1), date(2026, 3, 11), amount="40", usage="20")
    old.currency = "EUR"
    old.save()
    billed(home, date(2026, 3, 11), date(2026, 3, 16), amount="50", usage="30")

    tree = page(owner, period="2026", show="billed")
    estimate = page(owner, period="2026-03", show="estimate")

    legends = [words(legend) for legend in tree.xpath("//*[contains(@class, 'chart__legend')]")]
    assert [("EUR" in text, "USD" in text) for text in legends] == [(True, False), (False, True)]
    bars = [
        figure.xpath(".//svg[@role='img']/rect[starts-with(@class, 'fill-')]")
        for figure in tree.xpath("//figure")
    ]
    assert list(map(len, bars)) == [1, 1]
    assert not tree.xpath("//tfoot")
    for text in legends:
        assert "A gap: a bill in another currency" in text
        assert "no data" not in text
    cells = [[words(cell) for cell in row.xpath("td")] for row in tree.xpath("//tbody/tr")]
    assert cells == [["€40.00", "billed in EUR", "100 kWh"], ["billed in USD", "$50.00", "100 kWh"]]
    assert [figure.get("data-columns") for figure in tree.xpath("//figure")] == ["1 3", "2 3"]
    assert "About $3.00 in March 2026" in words(estimate)
    assert "€" not in words(estimate)


def test_without_a_price_there_is_no_estimate(owner, home):
    load_days(home.meter, date(2026, 3, 1), 5)
    bill(household().contract, start=date(2026, 3, 1), end=date(2026, 4, 1))

    tree = page(owner, period="2026-03", show="estimate")

    assert "No bill states a price for this period" in words(tree)
    assert not tree.xpath("//table")


def test_a_year_without_bills_says_so(owner, home):
    load_days(home.meter, date(2026, 3, 1), 5)

    assert "There is no bill for this period yet." in words(page(owner, period="2026", show="billed"))

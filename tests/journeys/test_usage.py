"""Reading one's own usage, in a real browser."""

import csv
import io
import json
import re
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from lxml import etree

from tests.consent.api.reader import Reader
from tests.journeys.consent_steps import arrive
from tests.journeys.usage_worlds import QUARTERS, three_years
from tests.journeys.weight import assert_light

pytestmark = pytest.mark.journey
ESPI = "{http://naesb.org/espi}"
LINKS = {"csv": "CSV", "json": "JSON", "xml": "Green Button"}


def shown(page, home, **query):
    parameters = "&".join(f"{name}={value}" for name, value in query.items())
    page.goto(f"/my/usage/?contract={home.contract.public_id}&{parameters}")


def unfold(page):
    page.get_by_text("The same in numbers").first.click()


def exact(page, where):
    return [
        Decimal(value) for value in page.locator(f"{where} data").evaluate_all("all => all.map(e => e.value)")
    ]


def fetched(page, name):
    with page.expect_download() as download:
        page.get_by_role("link", name=name, exact=True).click()
    return Path(download.value.path()).read_text(encoding="utf-8")


def used_in_files(page):
    text = fetched(page, LINKS["csv"])
    lines = csv.DictReader(io.StringIO(text.rpartition("# complete")[0]))
    used = [line for line in lines if line["direction"] == "import" and line["value"]]
    segments = json.loads(fetched(page, LINKS["json"]))["data"]
    tree = etree.fromstring(fetched(page, LINKS["xml"]).encode())
    return {
        "csv": sum(Decimal(line["value"]) for line in used),
        "json": sum(
            Decimal(value)
            for segment in segments
            if segment["direction"] == "import"
            for value in segment["values"]
            if value is not None
        ),
        "xml": _used_in_xml(tree),
    }


def _used_in_xml(tree):
    """Of the meter readings whose type says that energy was delivered, each with the power of ten of its type."""
    atom = "{http://www.w3.org/2005/Atom}"
    entries = tree.findall(f"{atom}entry")
    linked = {entry.find(f"{atom}link[@rel='self']").get("href"): entry for entry in entries}
    total = Decimal(0)
    for block in (entry for entry in entries if entry.find(f".//{ESPI}IntervalBlock") is not None):
        reading = linked[block.find(f"{atom}link[@rel='up']").get("href").rpartition("/IntervalBlock")[0]]
        kinds = [
            linked[link.get("href")]
            for link in reading.findall(f"{atom}link")
            if "ReadingType" in link.get("href")
        ]
        if kinds[0].findtext(f".//{ESPI}flowDirection") == "1":
            power = int(kinds[0].findtext(f".//{ESPI}powerOfTenMultiplier"))
            total += sum(Decimal(value.text).scaleb(power) for value in block.iter(f"{ESPI}value"))
    return total


@pytest.mark.spec("P-17")
def test_page_files_and_api_say_the_same_also_on_days_of_23_and_25_hours(browser_page):
    home = three_years()
    reader = Reader()
    reader.granted(home.contract)
    page = browser_page()
    arrive(page, home, "/my/")

    for period, last in (
        ("2026-03-08", date(2026, 3, 8)),
        ("2025-11-02", date(2025, 11, 2)),
        ("2026-03", date(2026, 3, 31)),
    ):
        shown(page, home, period=period)
        first = date.fromisoformat((period + "-01")[:10])
        query = {"start": first.isoformat(), "end": last.isoformat(), "by": "day"}
        channels = reader.get("/usage_sums", query).json()["data"]
        used = [channel for channel in channels if channel["direction"] == "import"]
        api = sum(Decimal(day["value"]) for channel in used for day in channel["periods"])

        assert sum(exact(page, "tbody td:nth-of-type(1)")) == exact(page, "tfoot td:nth-of-type(1)")[0] == api
        assert set(used_in_files(page).values()) == {api}
    shown(page, home, period="2025-11-02")
    unfold(page)
    assert page.get_by_text("1:00 AM (second)", exact=True).is_visible()


@pytest.mark.spec("P-18")
def test_what_is_missing_is_never_zero_and_estimates_are_marked_everywhere(browser_page):
    home = three_years()
    page = browser_page()
    arrive(page, home, "/my/")

    shown(page, home, period="2026-03")
    unfold(page)
    gone = page.locator("tbody tr", has_text="March 13, 2026").locator("td").first
    assert gone.inner_text().strip() == "No data"
    assert page.locator("tfoot td").first.inner_text().find("of 31 days complete") > 0
    assert page.locator("tbody tr", has_text="March 11, 2026").get_by_text("E: 92 estimated").is_visible()
    chart = page.locator("figure").first
    assert (
        chart.locator(
            "svg.chart__plot > rect[class^=fill-]:not(.fill-before), svg.chart__plot > rect[fill^=url]"
        ).count()
        == 30
    )
    assert chart.get_by_text("E", exact=True).count() == 2
    assert chart.get_by_text("A gap: no data").is_visible()

    shown(page, home, period="2026")
    unfold(page)
    assert page.locator("tbody tr", has_text="March 2026").get_by_text("E: 96 estimated").is_visible()
    shown(page, home, period="2026-03-11")
    unfold(page)
    assert page.locator("tbody tr", has_text="3:00 AM").get_by_text("E: 1 estimated").first.is_visible()
    shown(page, home, period="2026-03", look="hours")
    unfold(page)
    row = page.locator("tbody tr", has_text="March 11, 2026").first
    assert row.locator("td").nth(3).inner_text().endswith("E")
    assert (
        page.locator("tbody tr", has_text="March 13, 2026").first.locator("td").nth(3).inner_text()
        == "No data"
    )
    assert page.locator("figure").first.get_by_text("E: estimated").is_visible()
    assert "E: 96 estimated" in estimate_of_march(page, home)
    lines = csv.DictReader(io.StringIO(fetched_month(page, home).rpartition("# complete")[0]))
    used = [line for line in lines if line["direction"] == "import"]
    assert [
        line["value"] for line in used if line["local_start"].startswith("2026-03-13") and line["value"]
    ] == []
    assert sum(line["quality"] == "estimated" for line in used) == QUARTERS


def estimate_of_march(page, home):
    shown(page, home, period="2026", show="estimate")
    return page.locator("tbody tr", has_text="March 2026").inner_text()


def fetched_month(page, home):
    shown(page, home, period="2026-03")
    return fetched(page, "CSV")


@pytest.mark.spec("P-19")
def test_three_years_of_quarters_stay_within_the_limits_of_marks_rows_and_weight(browser_page):
    home = three_years()
    page = browser_page()
    arrive(page, home, "/my/")
    marks = "charts => charts.map(c => c.querySelectorAll('rect, path, line, circle').length)"

    for query in (
        {"period": "all"}, {"period": "2026"}, {"period": "2026-03"}, {"period": "2026-03-08"},
        {"period": "2026", "look": "hours"}, {"period": "2026-03", "look": "hours"},
        {"period": "2026", "show": "billed"}, {"period": "2026", "show": "estimate"},
    ):  # fmt: skip
        shown(page, home, **query)
        assert max(page.locator("figure").evaluate_all(marks)) <= 400, query
        readings = page.locator("tbody td").count()
        assert 0 < readings <= 1000, query
        assert_light(page)
    shown(page, home, period="2025", look="hours")
    assert page.locator("figure").first.locator(".chart__grid path[fill-opacity]").count() <= 7
    assert len(page.locator("figure").first.get_attribute("data-cells").split()) == 365


@pytest.mark.spec("P-24")
def test_where_the_system_forces_its_colors_a_chart_keeps_the_ground_of_its_letters(browser_page):
    """A dark theme was chosen here, the system's own colors are light; its ground is that of a panel."""
    home = three_years()
    page = browser_page()
    arrive(page, home, "/my/")
    page.locator("details:has(button[value=dark]) > summary").first.click()
    page.locator("button[value=dark]").first.click()
    page.emulate_media(forced_colors="active", color_scheme="light")

    shown(page, home, period="2026")

    plot, label = page.locator(".chart__plot").first, page.locator(".chart__tick").first
    assert plot.evaluate("e => getComputedStyle(e).backgroundColor") == "rgb(26, 35, 44)"
    assert label.evaluate("e => getComputedStyle(e).fill") == "rgb(180, 192, 203)"


@pytest.mark.spec("P-20")
@pytest.mark.parametrize(("width", "theme"), [(360, "dark"), (1280, "light")])
def test_each_chart_has_an_equal_table_and_is_read_with_keys(browser_page, width, theme):
    home = three_years()
    page = browser_page(width=width, theme=theme)
    arrive(page, home, "/my/")
    shown(page, home, period="2026-03")
    unfold(page)
    used, sent = page.get_by_role("slider").all()
    point = page.locator("[data-point]").first
    assert "Use the arrow keys" in point.inner_text()

    used.focus()
    for key, row in (("ArrowRight", 0), ("ArrowRight", 1), ("End", 30), ("ArrowLeft", 29), ("Home", 0)):
        page.keyboard.press(key)
        text = point.inner_text()
        cells = page.locator("tbody tr").nth(row)
        assert text.startswith(words(cells.locator("th")) + ".")
        assert f"Used (kWh): {words(cells.locator('td').first)}" in text
        assert "Sent back" not in text
        assert used.get_attribute("aria-valuetext") == text
    page.keyboard.press("Tab")
    assert sent.evaluate("e => e === document.activeElement")
    page.keyboard.press("End")
    assert "Sent back (kWh)" in page.locator("[data-point]").nth(1).inner_text()

    drawn = page.locator("figure").first.locator(
        "svg.chart__plot > rect[class^=fill-]:not(.fill-before), svg.chart__plot > rect[fill^=url]"
    )
    amounts = [value for value in exact(page, "tbody td:nth-of-type(1)") if value > 0]
    heights = [Decimal(bar.get_attribute("height")) for bar in drawn.all()]
    scale = max(heights) / max(amounts)
    assert all(abs(height - value * scale) < 1 for height, value in zip(heights, amounts, strict=True))


@pytest.mark.spec("P-34")
def test_yesterday_is_shown_first_and_bars_open_what_they_stand_for_by_click_key_and_tap(browser_page):
    home = three_years()
    page = browser_page(width=360, touch=True)
    page.set_viewport_size({"width": 360, "height": 740})
    arrive(page, home, "/my/usage/")

    assert page.get_by_role("heading", level=2).first.inner_text() == "November 23, 2026"
    assert page.locator(".chart__plot").first.bounding_box()["y"] < 740 - 100
    page.get_by_role("navigation", name="Length of the period").get_by_role(
        "link", name="All", exact=True
    ).click()
    page.mouse.click(*middle_of_bar(page, 2, of=3))
    page.get_by_role("heading", name="2026", exact=True).wait_for()
    year = page.get_by_role("slider").first
    year.focus()
    year.press("Home")
    year.press("ArrowRight")
    year.press("Enter")
    page.get_by_role("heading", name="February 2026").wait_for()
    page.touchscreen.tap(*middle_of_bar(page, 1, of=28))
    page.get_by_role("heading", name="February 2, 2026").wait_for()
    page.get_by_label("Service").select_option(index=1)
    page.wait_for_url("**period=2026-02-02**")

    without = browser_page(scripts=False)
    arrive(without, home, "/my/usage/?period=2026")
    without.locator(".chart [data-part]").nth(1).click()
    without.get_by_role("heading", name="February 2026").wait_for()
    assert without.get_by_role("button", name="Show", exact=True).is_visible()


def middle_of_bar(page, place, *, of):
    """Where a chart's bar is on the screen, counted from 0 among `of`."""
    box = page.get_by_role("slider").first.locator("svg").bounding_box()
    x = 84 + 640 * (place + 0.5) / of  # of 736 units; 84 are left of the bars
    return box["x"] + box["width"] * x / 736, box["y"] + box["height"] / 2


@pytest.mark.spec("P-20")
def test_the_hours_of_a_year_are_read_with_keys_and_lead_to_the_numbers_of_a_month(browser_page):
    home = three_years()
    page = browser_page()
    arrive(page, home, "/my/")
    shown(page, home, period="2026", look="hours")
    point = page.locator("[data-point]").first

    page.get_by_role("slider").first.focus()
    page.keyboard.press("ArrowRight")
    assert re.fullmatch(r"January 1, 2026, 12 AM\. [1-7]: .* kWh( and more)?", point.inner_text())
    for _ in range(66):
        page.keyboard.press("ArrowRight")
    for _ in range(2):
        page.keyboard.press("ArrowDown")
    assert point.inner_text() == "March 8, 2026, 2 AM. no such hour"

    unfold(page)
    page.get_by_role("link", name="March 2026").first.press("Enter")
    page.get_by_role("heading", name="March 2026").wait_for()
    unfold(page)
    assert page.locator("table").first.locator("tbody td").count() == 31 * 24
    assert page.locator("table").first.get_by_text("no such hour").count() == 1


@pytest.mark.spec("P-20")
def test_without_scripts_the_tables_say_all_of_it(browser_page):
    home = three_years()
    page = browser_page(scripts=False)
    arrive(page, home, "/my/")
    shown(page, home, period="2026-03")

    assert page.get_by_role("slider").count() == 0
    assert page.get_by_text("Use the arrow keys").count() == 0
    unfold(page)
    page.get_by_role("link", name="March 8, 2026").press("Enter")
    page.get_by_role("heading", name="March 8, 2026").wait_for()
    assert page.locator("tbody tr").count() == 92


def words(cell):
    return " ".join(cell.inner_text().split())

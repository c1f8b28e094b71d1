from datetime import date
from decimal import Decimal

import pytest

from datahub.feeds.formats.bills.bills_espi import parse
from datahub.feeds.formats.registry import detect
from datahub.rows.base import FeedStructureError
from tests.datahub.feeds.formats.files import NEW_YORK, content_of

CONTENT = content_of("espi_usage_summaries.xml")
SECOND = b"<espi:billLastPeriod>4210000</espi:billLastPeriod>"


def bills(content=CONTENT, **settings):
    return parse(content, zone=NEW_YORK, settings=settings)


def changed(old, new):
    assert old in CONTENT
    return CONTENT.replace(old, new)


def test_a_summary_is_a_statement_with_local_dates_across_the_spring_change():
    first = bills().rows[0]

    assert (first.statement_number, first.statement_date) == ("K-1 2025-03-01", date(2025, 4, 1))
    assert (first.start, first.end) == (date(2025, 3, 1), date(2025, 4, 1))
    assert (first.currency, first.amount, first.paid) == ("CAD", Decimal("61.5"), Decimal(50))
    (section,) = first.sections
    assert (section.contract_number, section.commodity, section.tariff_code) == (
        "K-1",
        "electricity",
        "TOU-2",
    )
    assert section.amount == sum(line.amount for line in section.lines)


def test_line_items_with_their_kinds_and_quantities_and_only_rates_that_are_certain():
    lines = bills().rows[0].sections[0].lines

    assert [(line.name, line.kind, line.amount) for line in lines] == [
        ("Energy, off peak", "usage", 36),
        ("Highest demand", "demand", 18),
        ("Administrative fee", "fixed", 10),
        ("Solar credit", "credit", Decimal("-2.5")),
    ]
    assert [(line.quantity, line.unit, line.rate) for line in lines] == [
        (400, "kWh", Decimal("0.09")),
        (3000, "W", None),
        (None, "", None),
        (None, "", None),
    ]
    assert b"3600000" in CONTENT.splitlines()[lines[0].line]


def test_a_note_may_be_broken_into_lines_but_holds_no_sign_that_cannot_be_seen():
    broken = bills(changed(b"Energy, off peak", b"Energy,\n      off peak")).rows[0].sections[0].lines
    hidden = bills(changed(b"Energy, off peak", "Energy, \u202eoff peak".encode()))

    assert broken[0].name == "Energy, off peak"
    assert "note has a line break or a sign that cannot be seen" in hidden.rejected[0].reason


def test_what_the_file_does_not_say_is_left_empty_and_a_summary_without_money_is_no_bill():
    parsed = bills()

    _, second = parsed.rows
    assert (second.amount, second.sections[0].lines) == (Decimal("42.1"), ())
    assert (second.account_number, second.due_date, second.previous_balance, second.paid) == (
        "",
        None,
        None,
        None,
    )
    assert (second.new_charges, second.file_name, second.sections[0].supplier) == (None, "", "")
    assert (second.currency, second.sections[0].commodity) == ("USD", "electricity")
    assert not parsed.rejected


def test_without_a_total_the_items_are_the_total():
    content = changed(b"<espi:billLastPeriod>6150000</espi:billLastPeriod>", b"")

    assert bills(content).rows[0].amount == Decimal("61.5")


def test_settings_say_what_names_the_contract_the_currency_and_the_scale():
    assert bills(currency="EUR").rows[1].currency == "EUR"
    assert bills(amount_decimals="3").rows[1].amount == Decimal(4210)
    assert bills(contract="title").rows[0].sections[0].contract_number == "Main street"
    assert (
        bills(contract="link").rows[0].sections[0].contract_number == "/espi/RetailCustomer/7/UsagePoint/K-1"
    )
    assert bills(wall_clock_as_utc="yes").rows[1].start == date(2025, 4, 1)


def test_the_currency_of_the_only_reading_type_counts_for_summaries_that_name_none():
    kind = b"<espi:ReadingType><espi:currency>978</espi:currency></espi:ReadingType>"
    content = changed(b"</feed>", b"<entry><content>" + kind + b"</content></entry></feed>")

    assert [bill.currency for bill in bills(content).rows] == ["CAD", "EUR"]


def test_a_usage_point_that_only_the_link_names():
    content = changed(
        b"RetailCustomer/7/UsagePoint/K-1/UsageSummary/2", b"RetailCustomer/7/UsagePoint/K-2/UsageSummary/2"
    )
    content = content.replace(SECOND, SECOND + b"<espi:commodity>7</espi:commodity>")

    section = bills(content).rows[1].sections[0]

    assert (section.contract_number, section.commodity) == ("K-2", "natural_gas")


def test_a_usage_point_that_points_at_the_summary_and_what_the_unit_says_it_is():
    used = b"<espi:overallConsumptionLastPeriod><espi:uom>169</espi:uom></espi:overallConsumptionLastPeriod>"
    related = b'<link rel="related" href="/User/7/UsageSummary"/><title>Main street'
    content = changed(b"<title>Main street", related).replace(b"<espi:kind>0</espi:kind>", b"")
    content = content.replace(
        b"https://utility.example.com/espi/RetailCustomer/7/UsagePoint/K-1/UsageSummary/2",
        b"/User/7/UsageSummary/2",
    )
    content = content.replace(
        b'UsageSummary/2"/>', b'UsageSummary/2"/><link rel="up" href="/User/7/UsageSummary"/>'
    )
    content = content.replace(SECOND, SECOND + used)

    section = bills(content).rows[1].sections[0]

    assert (section.contract_number, section.commodity) == ("K-1", "natural_gas")


def test_an_electric_power_summary_is_of_electricity():
    content = CONTENT.replace(b"espi:UsageSummary>", b"espi:ElectricPowerUsageSummary>").replace(
        b"<espi:kind>0</espi:kind>", b""
    )

    assert [bill.sections[0].commodity for bill in bills(content).rows] == ["electricity", "electricity"]


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        (SECOND, b"<espi:billLastPeriod>much</espi:billLastPeriod>", "'much' is not a number"),
        (SECOND, SECOND.replace(b"4210000", b"4210003"), "more digits than can be kept"),
        (SECOND, SECOND + b"<espi:currency>999</espi:currency>", "currency '999' is not known"),
        (b"<espi:start>1743480000</espi:start>", b"", "no start or no length"),
        (b"<espi:duration>2592000<", b"<espi:duration>3600<", "is not after start"),
        (
            b"<espi:start>1743480000<",
            b"<espi:start>1740805200<",
            "statement K-1 2025-03-01 is already in line 10",
        ),
        (b"<espi:start>1743480000<", b"<espi:start>soon<", "start 'soon' is not a number"),
    ],
)
def test_a_summary_that_cannot_be_read_is_rejected_alone(old, new, reason):
    parsed = bills(changed(old, new))

    (rejected,) = parsed.rejected
    assert reason in rejected.reason
    assert rejected.line == 39
    assert len(parsed.rows) == 1


def test_a_file_is_bills_if_it_says_nothing_of_readings():
    reading = b"<entry><content><espi:MeterReading/></content></entry></feed>"

    assert detect(CONTENT, "a.xml").name == "bills_espi"
    assert detect(changed(b"</feed>", reading), "a.xml").name == "espi_xml"


def test_what_is_no_xml_is_refused():
    with pytest.raises(FeedStructureError, match="not well-formed"):
        bills(CONTENT[:-20])

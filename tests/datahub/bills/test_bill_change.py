"""Why a bill is what it is: use, price, days, fixed charges and rest add up to the cent, whatever the bills are."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.test import Client as Browser
from hypothesis import given
from hypothesis import strategies as st
from lxml import html

from cdsc_portal.lib.time import clock
from datahub.bills.charges import Charges, difference
from tests.factories.accounts import add_service
from tests.factories.datahub import BillSectionFactory, BillStatementFactory, LineItemFactory, bill

FEBRUARY = Charges(
    1, date(2026, 2, 1), date(2026, 3, 1), Decimal("71"), Decimal("56"), Decimal("10"), Decimal("280"), "kWh"
)
money = st.decimals("-500", "5000", places=2)


@st.composite
def charges(draw, contract):
    start = date(2026, 1, 1) + timedelta(days=draw(st.integers(0, 300)))
    return Charges(
        contract, start, start + timedelta(days=draw(st.integers(0, 70))), draw(money), draw(money), draw(money),
        draw(st.none() | st.decimals("0", "9000", places=3)), draw(st.sampled_from(["kWh", "therm", ""])),
    )  # fmt: skip


@pytest.mark.spec("P-35")
@given(st.data())
def test_the_parts_add_up_to_the_cent_whatever_is_billed(data):
    now, before = (
        [data.draw(charges(contract)) for contract in data.draw(st.sets(st.integers(1, 3)))] for _ in range(2)
    )

    split = difference(now, before)

    assert split.total == sum(each.amount for each in now) - sum(each.amount for each in before)
    for part in (split.use, split.price, split.days, split.fixed, split.rest):
        assert part == part.quantize(Decimal("0.01"))


@pytest.mark.parametrize(
    ("changes", "part", "amount"),
    [
        ({"quantity": Decimal("310"), "usage": Decimal("62"), "amount": Decimal("77")}, "use", "6.00"),
        ({"usage": Decimal("84"), "amount": Decimal("99")}, "price", "28.00"),
        (
            {
                "end": date(2026, 3, 2), "quantity": Decimal("290"), "usage": Decimal("58"),
                "amount": Decimal("73"),
            },
            "days",
            "2.00",
        ),
        ({"fixed": Decimal("12.5"), "amount": Decimal("73.50")}, "fixed", "2.50"),
        ({"amount": Decimal("80.01")}, "rest", "9.01"),
        ({"quantity": None, "usage": Decimal("60"), "amount": Decimal("75")}, "rest", "4.00"),
    ],
)  # fmt: skip
def test_each_reason_is_the_part_of_its_name_alone(changes, part, amount):
    split = difference([replace(FEBRUARY, **changes)], [FEBRUARY])

    parts = {name: getattr(split, name) for name in ("use", "price", "days", "fixed", "rest")}
    assert parts == {**dict.fromkeys(parts, Decimal(0)), part: Decimal(amount)}


def test_a_service_on_one_of_the_bills_alone_is_the_rest():
    other = replace(FEBRUARY, contract=2, amount=Decimal("9"))

    assert difference([FEBRUARY, other], [FEBRUARY]).rest == Decimal(9)
    assert difference([FEBRUARY], [FEBRUARY, other]).rest == Decimal(-9)


def billed(home, start, end, *, quantity, price="0.20", fixed="10", contract=None, **statement):
    usage = Decimal(quantity) * Decimal(price)
    amount = usage + Decimal(fixed)
    made = BillStatementFactory(
        account=home.account, statement_date=end + timedelta(days=2), start=start, end=end, new_charges=amount,
        total=amount, **statement,
    )  # fmt: skip
    section = BillSectionFactory(
        statement=made, contract=contract or home.contract, position=0, start=start, end=end, amount=amount
    )
    LineItemFactory(
        section=section, position=0, quantity=Decimal(quantity), rate=Decimal(price), amount=usage
    )
    LineItemFactory(
        section=section, position=1, name="Basic charge", kind="fixed", quantity=None, unit="", rate=None,
        amount=Decimal(fixed),
    )  # fmt: skip
    return made


def why(browser, statement):
    tree = html.fromstring(browser.get(f"/my/bills/{statement.public_id}/").content.decode())
    return [
        " ".join(section.text_content().split())
        for section in tree.xpath("//section[@aria-labelledby='why']/div")
    ]


def printed_changes(browser, statement):
    """Of each comparison, what its lines say, the sum last."""
    tree = html.fromstring(browser.get(f"/my/bills/{statement.public_id}/").content.decode())
    return [
        [
            Decimal(cell.text_content().strip().replace("−", "-").replace("$", "").replace(",", ""))
            for cell in table.xpath(".//tr/td[last()]")
        ]
        for table in tree.xpath("//table[contains(@class, 'bill-why')]")
    ]


@pytest.mark.spec("P-35")
def test_a_bill_stands_beside_the_one_before_and_the_one_a_year_ago(home):
    owner = Browser()
    owner.force_login(home.owner)
    billed(home, date(2025, 3, 3), date(2025, 4, 2), quantity="300", price="0.18")
    corrected = billed(home, date(2026, 2, 1), date(2026, 3, 1), quantity="900")
    billed(home, date(2026, 2, 1), date(2026, 3, 1), quantity="280", replaces=corrected)
    march = billed(home, date(2026, 3, 1), date(2026, 4, 1), quantity="310", price="0.21", fixed="11")
    other = add_service(owner=home.owner, account=home.account)
    billed(home, date(2026, 3, 1), date(2026, 4, 1), quantity="5", contract=other.contract)

    before, year_ago = why(owner, march)

    for *parts, together in printed_changes(owner, march):
        assert sum(parts) == together
    assert before.startswith("This bill charges $10.10 more than the bill of March 3, 2026")
    assert "What you used $0.00" in before
    assert "Price $0.21 per kWh on average instead of $0.20 +$3.10" in before
    assert "Days 31 days instead of 28 +$6.00" in before
    assert "Fixed charges +$1.00" in before
    assert before.endswith("Together +$10.10")
    assert "$12.10 more than the bill of April 4, 2025" in year_ago


def test_a_bill_of_another_person_or_currency_is_compared_with_nothing(home):
    owner = Browser()
    owner.force_login(home.owner)
    billed(home, date(2026, 2, 1), date(2026, 3, 1), quantity="280", currency="EUR")
    march = billed(home, date(2026, 3, 1), date(2026, 4, 1), quantity="310")

    assert why(owner, march) == []


@pytest.mark.spec("P-35")
@pytest.mark.parametrize(
    ("left", "day", "says"),
    [
        ("0", date(2026, 3, 10), "Paid"),
        ("20", date(2026, 3, 24), "Amount due $65.52 Due March 24, 2026"),
        ("20", date(2026, 3, 25), "Overdue Due March 24, 2026"),
        (None, date(2026, 9, 9), "Amount due $65.52 Due March 24, 2026"),
    ],
)
def test_paid_due_and_overdue_are_said_where_a_feed_says_what_is_open(
    home, monkeypatch, settings, left, day, says
):
    settings.BILL_PAY_URL = "https://pay.example.com/"
    monkeypatch.setattr(clock, "now", lambda: datetime(day.year, day.month, day.day, 20, tzinfo=UTC))
    owner = Browser()
    owner.force_login(home.owner)
    statement = bill(home.contract, open_amount=left and Decimal(left))

    detail, listed, first = (
        owner.get(url).content.decode() for url in (f"/my/bills/{statement.public_id}/", "/my/bills/", "/my/")
    )

    assert says in " ".join(html.fromstring(detail).text_content().split())
    for page in (detail, listed, first):
        assert ("Overdue" in page) == says.startswith("Overdue")
        assert ("Paid" in page) == (says == "Paid")
    assert ("https://pay.example.com/" in detail) == (says != "Paid")


def test_the_list_has_bars_of_thirteen_months_and_says_what_the_year_comes_to(home):
    owner = Browser()
    owner.force_login(home.owner)
    for place in range(15):
        start = date(2025 + place // 12, place % 12 + 1, 1)
        if place != 9:
            billed(home, start, start + timedelta(days=30), quantity=str(100 + place))

    tree = html.fromstring(owner.get("/my/bills/").content.decode())
    year = html.fromstring(owner.get("/my/bills/", {"year": "2025"}).content.decode())

    (chart,) = tree.xpath("//figure")
    assert "$130.00 was charged in 2026, on 4 bills" in chart.text_content()
    rows = [
        " ".join(row.text_content().split()) for row in tree.xpath("//table[@id='bill-months']//tbody/tr")
    ]
    assert len(rows) == 13
    assert [row for row in rows if row.endswith("No bill")]
    assert len(tree.xpath("//figure//a/@href")) == 12
    assert len(year.xpath("//table[@id='bill-months']//tbody/tr")) == 12

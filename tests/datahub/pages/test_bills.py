"""/my/bills/: a customer's own bills, line by line, and the documents they came as."""

from datetime import date
from decimal import Decimal

import pytest
from django.core.files.base import ContentFile
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext
from lxml import html

from accounts.models import Membership, Role
from datahub.models import BillStatement
from tests.factories.accounts import MembershipFactory, UserFactory, add_service, household
from tests.factories.datahub import BillSectionFactory, BillStatementFactory, LineItemFactory, bill

URL = "/my/bills/"
PDF = b"%PDF-1.7 an invented bill"


@pytest.fixture(autouse=True)
def _files_of_this_test_alone(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def owner(home) -> Browser:
    return logged_in(home.owner)


def logged_in(user) -> Browser:
    browser = Browser()
    browser.force_login(user)
    return browser


def words(tree) -> str:
    return " ".join(tree.text_content().split())


def page(browser, url=URL, **query):
    answer = browser.get(url, query)
    assert answer.status_code == 200
    return html.fromstring(answer.content.decode())


def detail(browser, statement):
    return page(browser, f"{URL}{statement.public_id}/")


def listed(tree):
    rows = tree.xpath("//table[not(@id='bill-months')]/tbody/tr")
    return [" ".join(row.text_content().split()) for row in rows]


def with_document(statement) -> BillStatement:
    statement.file.save("bill.pdf", ContentFile(PDF))
    return statement


def several(home, number) -> None:
    """`number` bills, one a month, oldest first."""
    for month in range(number):
        year, of_year = 2024 + month // 12, month % 12 + 1
        bill(home.contract, statement_date=date(year, of_year, 3), total=Decimal(month))


def test_bills_are_listed_newest_first_with_amount_period_due_and_document(owner, home):
    bill(home.contract, statement_date=date(2026, 2, 3), start=date(2026, 1, 2), end=date(2026, 2, 1))
    with_document(bill(home.contract, total=Decimal("1065.5")))

    newest, oldest = listed(page(owner))

    assert newest.startswith("March 3, 2026 February 2026 $1,065.50 March 24, 2026 PDF")
    assert oldest.startswith("February 3, 2026 January 2, 2026 to January 31, 2026 $65.52")
    assert oldest.endswith("Not received yet")


def test_without_bills_the_page_says_what_comes(owner, home):
    assert "No bills yet." in words(page(owner))


def test_ten_bills_are_not_filtered_and_eleven_are(owner, home):
    several(home, 10)
    assert not page(owner).xpath("//form[@class='bills-filter']")

    several(home, 11)

    tree = page(owner)
    assert len(listed(tree)) == 10
    assert tree.xpath("//select[@id='year']/option/@value") == ["", "2024"]
    assert len(listed(page(owner, page="3"))) == 1


def test_a_year_and_an_account_are_chosen(owner, home):
    several(home, 13)
    customer = home.customer
    second = household(owner=home.owner)
    second.account.customer = customer
    second.account.save()
    bill(second.contract, statement_date=date(2025, 6, 1))

    by_year = page(owner, year="2025")
    both = page(owner, year="2025", account=second.account.public_id)

    assert len(listed(by_year)) == 2
    assert [second.account.account_number in row for row in listed(both)] == [True]
    first = page(owner, account=home.account.public_id)
    assert first.xpath("//a[@rel='next']/@href") == [f"?page=2&account={home.account.public_id}"]


@pytest.mark.parametrize("query", [{"year": "26"}, {"year": "0000"}, {"account": "\x00"}, {"account": "<b>"}])
def test_a_choice_that_is_none_is_not_found(owner, home, query):
    assert owner.get(URL, query).status_code == 404


def test_anothers_account_has_no_bills_here(owner, home):
    foreign = household()
    bill(foreign.contract)

    assert "There are no bills for this choice." in words(page(owner, account=foreign.account.public_id))


def test_a_bill_says_each_line_with_quantity_price_and_amount(owner, home):
    statement = bill(home.contract)
    section = statement.sections.get()
    LineItemFactory(
        section=section,
        position=1,
        name="City tax",
        kind="tax",
        quantity=None,
        rate=None,
        amount=Decimal("-1.25"),
    )

    tree = detail(owner, statement)

    energy, tax = listed(tree)[:2]
    assert energy == "Energy for what you used 312 kWh $0.21 per kWh $65.52"
    assert tax == "City tax tax or fee −$1.25"
    text = words(tree)
    assert "Amount due $65.52 Due March 24, 2026" in text
    assert "Supplied by Bright Supply (demo)" in text
    assert "Tariff: Home EV (EV-TOU)" in text
    assert statement.statement_number in text
    assert f"{home.account.account_number}, {home.account.address}" in text


def test_lines_that_add_up_leave_no_gap(owner, home):
    assert "add up to" not in words(detail(owner, bill(home.contract)))


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("60.00", "These lines add up to $60.00; the bill says $65.52; $5.52 is not itemized."),
        ("70.00", "These lines add up to $70.00; the bill says $65.52, which is $4.48 less."),
    ],
)
def test_a_gap_between_lines_and_bill_is_said_in_words(owner, home, line, sentence):
    statement = bill(home.contract)
    statement.sections.get().line_items.update(amount=Decimal(line))

    assert sentence in words(detail(owner, statement))


def test_services_that_do_not_come_to_the_new_charges_are_said_too(owner, home):
    statement = bill(home.contract, new_charges=Decimal("80"), total=Decimal("80"))

    assert "the bill says $80.00; $14.48 is not itemized." in words(detail(owner, statement))


def test_the_amount_is_made_up_of_balance_payments_and_charges(owner, home):
    statement = bill(
        home.contract, previous_balance=Decimal("40"), payments=Decimal("30"), total=Decimal("75.52")
    )

    text = words(detail(owner, statement))

    assert (
        "Balance of the bill before $40.00 Payments since then −$30.00 New charges $65.52 Amount due $75.52"
        in text
    )
    assert "add up to" not in text


def test_what_the_bill_does_not_state_is_not_made_up(owner, home):
    statement = bill(home.contract, previous_balance=None, payments=None, new_charges=None, due_date=None)
    BillStatement.objects.update(start=None, end=None)
    BillSectionFactory(statement=statement, contract=home.contract, position=9, amount=Decimal("0"))

    text = words(detail(owner, statement))

    assert "New charges $65.52" in text
    assert "Balance of the bill before" not in text
    assert "The bill says $0.00 for this service and gives no lines." in text
    assert "Due" not in text


def test_a_credit_is_nothing_to_pay(owner, home):
    statement = bill(
        home.contract, total=Decimal("-12"), new_charges=Decimal("65.52"), payments=Decimal("77.52")
    )

    assert "Credit −$12.00 Nothing to pay" in words(detail(owner, statement))


def test_a_bill_without_services_is_its_accounts(owner, home):
    statement = BillStatementFactory(account=home.account)
    foreign = BillStatementFactory()

    assert "$65.52" in words(detail(owner, statement))
    assert len(listed(page(owner))) == 1
    assert owner.get(f"{URL}{foreign.public_id}/").status_code == 404


def test_a_correction_and_what_it_corrects_lead_to_each_other(owner, home):
    old = bill(home.contract, total=Decimal("70"))
    new = bill(home.contract, replaces=old, statement_date=date(2026, 3, 9))

    new_page, old_page = detail(owner, new), detail(owner, old)

    assert f"It takes the place of Bill {old.statement_number} of March 3, 2026, $70.00." in words(new_page)
    assert f"Bill {new.statement_number} of March 9, 2026, $65.52, takes its place." in words(old_page)
    assert new_page.xpath(f"//a[@href='{URL}{old.public_id}/']")
    assert old_page.xpath(f"//a[@href='{URL}{new.public_id}/']")
    newest, oldest = listed(page(owner))
    assert "Corrects the bill of March 3, 2026" in newest
    assert "Corrected by the bill of March 9, 2026" in oldest


@pytest.fixture
def shared_bill(home):
    """A bill for two accounts of one customer, and somebody who may see only the first."""
    other = add_service(owner=home.owner, account=home.account)
    second = household(owner=home.owner)
    second.account.customer = home.customer
    second.account.save()
    other.contract.billing_account = second.account
    other.contract.save()
    viewer = UserFactory()
    MembershipFactory(customer=home.customer, user=viewer, role=Role.VIEWER, billing_account=home.account)
    statement = with_document(
        bill(home.contract, other.contract, total=Decimal("131.04"), new_charges=Decimal("131.04"))
    )
    return statement, other.contract, viewer


def test_who_sees_only_some_of_a_bills_services_gets_no_total_and_no_document(shared_bill, home):
    statement, hidden, viewer = shared_bill
    browser = logged_in(viewer)

    tree = detail(browser, statement)

    assert "You see a part of this bill" in words(tree)
    assert home.contract.contract_number in words(tree)
    assert hidden.contract_number not in words(tree)
    assert "131.04" not in words(tree)
    assert browser.get(f"{URL}{statement.public_id}/file/").status_code == 404
    (row,) = listed(page(browser))
    assert row.endswith("Not shown – Not shown")


def test_its_owner_sees_it_whole(shared_bill, owner):
    statement, hidden, _viewer = shared_bill

    tree = detail(owner, statement)

    assert hidden.contract_number in words(tree)
    assert "Amount due $131.04" in words(tree)


def test_a_delegate_whose_time_is_over_sees_nothing(home):
    user = UserFactory()
    statement = with_document(bill(home.contract))
    role = MembershipFactory(customer=home.customer, user=user, role=Role.DELEGATE, until="2999-01-01T00:00Z")
    browser = logged_in(user)
    assert detail(browser, statement) is not None

    Membership.objects.filter(pk=role.pk).update(until="2026-01-01T00:00Z")

    assert browser.get(f"{URL}{statement.public_id}/").status_code == 404
    assert browser.get(f"{URL}{statement.public_id}/file/").status_code == 404


@pytest.mark.spec("P-21")
def test_the_document_is_sent_so_that_it_can_run_nothing(owner, home):
    statement = with_document(bill(home.contract, file_name="B-1.pdf"))

    answer = owner.get(f"{URL}{statement.public_id}/file/")

    assert b"".join(answer.streaming_content) == PDF
    assert answer["Content-Type"] == "application/pdf"
    assert answer["Content-Disposition"] == 'attachment; filename="B-1.pdf"'
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Security-Policy"] == "default-src 'none'; frame-ancestors 'none'; sandbox"
    assert "no-store" in answer["Cache-Control"]


@pytest.mark.spec("P-21")
def test_others_bills_and_documents_are_not_found(owner, home):
    foreign = with_document(bill(household().contract))

    assert owner.get(f"{URL}{foreign.public_id}/").status_code == 404
    assert owner.get(f"{URL}{foreign.public_id}/file/").status_code == 404
    assert Browser().get(f"{URL}{foreign.public_id}/file/").status_code == 302


def test_a_document_not_there_yet_or_lost_is_not_found(owner, home):
    missing = bill(home.contract)
    lost = with_document(bill(home.contract))
    lost.file.storage.delete(lost.file.name)

    assert owner.get(f"{URL}{missing.public_id}/file/").status_code == 404
    assert owner.get(f"{URL}{lost.public_id}/file/").status_code == 404
    assert "We have not received the PDF of this bill yet." in words(detail(owner, missing))


def test_queries_do_not_grow_with_bills_lines_and_services(owner, home):
    def count(url=URL):
        with CaptureQueriesContext(connection) as queries:
            page(owner, url)
        return len(queries)

    documented = with_document(bill(home.contract))
    bill(home.contract, statement_date=date(2026, 2, 3), start=date(2026, 1, 1), end=date(2026, 2, 1))
    page(owner)  # the session's first use
    few, few_lines = count(), count(f"{URL}{documented.public_id}/")
    services = [add_service(owner=home.owner, account=home.account).contract for _ in range(3)]
    for month in range(1, 9):
        old = bill(*services, statement_date=date(2025, month, 3))
        bill(*services, statement_date=date(2025, month, 9), replaces=old)
    for position in range(30):
        LineItemFactory(section=documented.sections.get(), position=position + 1)

    assert count() <= few + 2  # the sections and contracts of the bills that correct
    assert count(f"{URL}{documented.public_id}/") == few_lines

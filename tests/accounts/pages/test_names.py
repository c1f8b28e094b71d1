"""Names of the customer's own: one by one and from a list; only owners give them, and no feed takes them away."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client as Browser
from django.urls import reverse
from lxml import html

from accounts.models import BillingAccount, MeterName, Role, ServiceContract
from accounts.pages.names_csv import MOST_LINES
from tests.accounts.rows import account as account_row
from tests.accounts.rows import contract as row
from tests.accounts.rows import household as file
from tests.accounts.rows import load
from tests.factories.accounts import (
    ContractServicePointFactory,
    MembershipFactory,
    UserFactory,
    add_service,
    household,
)
from tests.factories.consent import ask

KINDS = ("account", "contract", "meter")
NAMES = "/my/names/"
USAGE = {"type": "usage_data", "services": "all", "start": "-1y", "end": "+1y"}


def rename(browser, kind, thing, name):
    return browser.post(reverse(f"my_{kind}_name", args=[thing.public_id]), {"name": name})


def upload(browser, text, *, encoding="utf-8"):
    file = SimpleUploadedFile("names.csv", text.encode(encoding), content_type="text/csv")
    return browser.post(NAMES, {"file": file})


def problems(answer):
    tree = html.fromstring(answer.content.decode())
    return {row[0].text_content(): row[1].text_content() for row in tree.xpath("//tbody/tr")}


def name_of(kind, home):
    if kind == "meter":
        return MeterName.objects.filter(meter=home.meter).values_list("name", flat=True).first() or ""
    thing = getattr(home, kind)
    thing.refresh_from_db()
    return thing.name


@pytest.mark.parametrize("kind", KINDS)
def test_an_owner_names_a_thing_and_takes_the_name_away(home, browser, kind):
    thing = getattr(home, kind)

    answer = rename(browser, kind, thing, "  Cold   store ")

    assert (answer.status_code, answer["Location"]) == (303, reverse(f"my_{kind}", args=[thing.public_id]))
    assert name_of(kind, home) == "Cold store"
    assert "Cold store" in browser.get(answer["Location"]).content.decode()
    rename(browser, kind, thing, "")
    assert name_of(kind, home) == ""
    assert not MeterName.objects.exists()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("role", [Role.VIEWER, Role.DELEGATE, None])
def test_nobody_but_an_owner_may_name(home, kind, role):
    other = UserFactory()
    if role is not None:
        until = home.account.cds_created.replace(year=2040) if role == Role.DELEGATE else None
        MembershipFactory(customer=home.customer, user=other, role=role, until=until)
    browser = Browser()
    browser.force_login(other)

    answers = [
        browser.get(reverse(f"my_{kind}_name", args=[getattr(home, kind).public_id])),
        rename(browser, kind, getattr(home, kind), "Mine"),
        browser.get(NAMES),
        browser.get(reverse("my_names_file")),
        upload(browser, f"{home.account.account_number},Mine"),
    ]

    assert [answer.status_code for answer in answers] == [404] * 5
    assert name_of(kind, home) == ""


@pytest.mark.spec("X-15")
def test_a_meter_keeps_its_name_from_the_next_occupant(home, browser):
    rename(browser, "meter", home.meter, "My cellar")
    later = household()
    ContractServicePointFactory(contract=later.contract, service_point=home.point)
    theirs = Browser()
    theirs.force_login(later.owner)

    page = theirs.get(reverse("my_meter", args=[home.meter.public_id])).content.decode()

    assert "My cellar" not in page
    assert "My cellar" not in theirs.get(reverse("my_names_file")).content.decode()


@pytest.mark.parametrize(
    ("name", "message"),
    [("x" * 151, "at most 150 characters"), ("a\u202eb", "signs that cannot be shown")],
)
def test_a_name_that_cannot_be_is_refused_in_words(home, browser, name, message):
    page = rename(browser, "contract", home.contract, name).content.decode()

    assert message in page
    assert "<title>Error: " in page
    assert name_of("contract", home) == ""


def test_no_feed_takes_a_name_away(db):
    load(file())
    account, contract = BillingAccount.objects.get(), ServiceContract.objects.get()
    account.name, contract.name = "Home", "Roof"
    account.save()
    contract.save()

    load(file(contracts=(row(address="14 Orchard Lane"),), accounts=(account_row(address="1 Post Road"),)))

    account.refresh_from_db()
    contract.refresh_from_db()
    assert (account.name, account.address) == ("Home", "1 Post Road")
    assert (contract.name, contract.address) == ("Roof", "14 Orchard Lane")


@pytest.mark.spec("F-120")
def test_the_request_page_calls_things_by_the_same_name(home, browser):
    rename(browser, "contract", home.contract, "Roof")
    request = ask(USAGE, user=home.owner)

    page = browser.get(request.page).content.decode()

    assert "Roof" in page


def test_the_list_holds_what_can_be_named_and_can_be_sent_back_as_it_is(home, browser):
    rename(browser, "account", home.account, "=1+1")
    rename(browser, "meter", home.meter, "Yard, back")

    answer = browser.get(reverse("my_names_file"))

    text = answer.content.decode("utf-8-sig")
    assert text.splitlines() == [
        "number,name,kind",
        f"{home.account.account_number},'=1+1,account",
        f"{home.contract.contract_number},,contract",
        f'{home.meter.meter_number},"Yard, back",meter',
    ]
    assert "0 names were changed." in follow(browser, upload(browser, text))
    assert name_of("account", home) == "=1+1"


def follow(browser, answer):
    assert answer.status_code == 303, problems(answer)
    return browser.get(answer["Location"]).content.decode()


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_a_list_names_accounts_services_and_meters(home, browser, separator):
    numbers = (home.account.account_number, home.contract.contract_number.lower(), home.meter.meter_number)
    lines = [separator.join((number, f"Name {place}")) for place, number in enumerate(numbers)]

    page = follow(browser, upload(browser, "\ufeffNumber" + separator + "Name\r\n\r\n" + "\r\n".join(lines)))

    assert "3 names were changed." in page
    assert [name_of(kind, home) for kind in KINDS] == ["Name 0", "Name 1", "Name 2"]


def test_a_number_that_means_two_things_names_both_or_the_one_that_is_said(home, browser):
    home.account.account_number = home.contract.contract_number
    home.account.save()

    upload(browser, f"{home.contract.contract_number},Both")
    upload(browser, f"{home.contract.contract_number},Only,contract")

    assert [name_of(kind, home) for kind in ("account", "contract")] == ["Both", "Only"]


def test_each_wrong_line_is_told_and_nothing_is_half_done(home, browser):
    theirs = household()
    lines = [
        "number,name",
        f"{home.account.account_number},Fine",
        "77,Unknown",
        f"{theirs.contract.contract_number},Theirs",
        ",No number",
        f"{home.account.account_number},Again",
        f"{home.contract.contract_number},{'x' * 151}",
        f"{home.meter.meter_number},No such kind,house",
    ]

    answer = upload(browser, "\n".join(lines))

    assert problems(answer) == {
        "3": "You have nothing with the number 77 to name.",
        "4": f"You have nothing with the number {theirs.contract.contract_number} to name.",
        "5": "There is no number.",
        "6": "This number is on line 2 already.",
        "7": "The name is longer than 150 characters.",
        "8": f"You have nothing with the number {home.meter.meter_number} to name.",
    }
    assert "6 lines cannot be used. Nothing was changed." in answer.content.decode()
    assert name_of("account", home) == name_of("account", theirs) == ""


@pytest.mark.parametrize(
    ("text", "encoding", "message"),
    [
        ("", "utf-8", "The file is empty."),
        ("number,name\n", "utf-8", "The file has no line with a number and a name."),
        ("1,Café", "latin-1", "The file is not in UTF-8."),
        ('1,"open', "utf-8", "The file cannot be read as CSV from here on."),
        ("1,\0", "utf-8", "You have nothing with the number 1"),
        ("\n" * 3 + "1,x\n" * (MOST_LINES + 1), "utf-8", "The file has more than 20000 lines."),
        ("x" * (2 * 1024 * 1024 + 1), "utf-8", "The file is larger than 2 MB."),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_in_words(home, browser, text, encoding, message):
    answer = upload(browser, text, encoding=encoding)

    assert answer.status_code == 200
    assert message in answer.content.decode()


def test_many_problems_are_counted_and_the_first_are_shown(home, browser):
    answer = upload(browser, "".join(f"no-{n},x\n" for n in range(250)))

    assert len(problems(answer)) == 100
    assert "and 150 more lines" in answer.content.decode()


@pytest.mark.parametrize("many", [1, 9])
def test_a_list_costs_the_same_queries_however_long(home, browser, many, django_assert_max_num_queries):
    lines = [f"{home.account.account_number},x"]
    for _each in range(many):
        more = add_service(owner=home.owner, account=home.account)
        lines += [f"{more.contract.contract_number},x", f"{more.meter.meter_number},x"]

    with django_assert_max_num_queries(26):
        follow_up = upload(browser, "\n".join(lines))

    assert follow_up.status_code == 303

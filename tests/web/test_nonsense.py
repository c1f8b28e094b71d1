"""Whatever stands in an address or a form: a page, "not found" or what is wrong with it, never a fault of ours."""

from datetime import date
from itertools import product
from urllib.parse import quote

import pytest
from django.test import Client as Browser
from django.urls import reverse

from tests.factories.accounts import household
from tests.factories.datahub import bill
from tests.factories.feeds import load_days

NONSENSE = (
    "\0", "-1", "0", "9" * 30, "1e9", "٣", "<b>", "' OR 1=1 --", "../../etc/passwd", "\n", "x" * 3000,
    "1900", "2199", "9999", "2026-02-31", "2026-13", "0000", "0001-01-01", "9999-12-31", "1900-01-01", "2199-12-31",
    "all",
)  # fmt: skip
PARAMETERS = {
    "my_usage": ("contract", "find", "period", "meter", "show", "look"),
    "my_usage_file": ("contract", "find", "period", "meter", "form"),
    "my_mix": ("contract", "find", "series", "period"),
    "my_bills": ("account", "find", "year", "page"),
    "my_accounts": ("q", "by", "page"),
    "my_portfolio": ("month", "sort", "find", "group", "kind", "gaps", "page"),
    "my_portfolio_file": ("month", "sort", "find"),
}
THINGS = (
    "my_account", "my_contract", "my_meter", "my_account_name", "my_contract_name", "my_meter_name", "my_bill",
    "my_bill_file", "my_download",
)  # fmt: skip


@pytest.fixture
def home(db):
    made = household()
    load_days(made.meter, date(2026, 3, 1), 3, scale=0)
    bill(made.contract)
    return made


@pytest.fixture
def owner(home) -> Browser:
    owner = Browser(raise_request_exception=False)
    owner.force_login(home.owner)
    return owner


@pytest.mark.parametrize("name", PARAMETERS)
def test_parameters_of_an_address(owner, name):
    rest = {"period": "2026-03", "form": "csv"} if name == "my_usage_file" else {}

    answers = {}
    for parameter, value in product(PARAMETERS[name], NONSENSE):
        answer = owner.get(reverse(name), {**rest, parameter: value})
        answer.getvalue()  # a file that is not read to its end keeps its place among the streams
        answers[parameter, value[:20]] = answer.status_code

    assert {parameter: status for parameter, status in answers.items() if status not in (200, 404)} == {}


@pytest.mark.parametrize("name", THINGS)
def test_ids_in_an_address(owner, name):
    address = reverse(name, args=["ID"])

    answers = {value[:20]: owner.get(address.replace("ID", quote(value, safe=""))) for value in NONSENSE}

    assert {value for value, answer in answers.items() if answer.status_code != 404} == set()


@pytest.mark.parametrize("field", ["what", "services", "days", "start", "end", "form"])
def test_fields_of_a_form(owner, home, field):
    good = {
        "what": "usage",
        "form": "csv",
        "services": [home.contract.public_id],
        "start": "2026-03-01",
        "end": "2026-03-02",
    }

    answers = {}
    for value in NONSENSE:
        wrong = {"start": value, "end": value} if field == "days" else {field: value}
        answers[value[:20]] = owner.post(reverse("my_downloads"), {**good, **wrong}).status_code

    assert {value: status for value, status in answers.items() if status != 200} == {}

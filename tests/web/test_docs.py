"""Pages for third parties say what the code does: metadata, scopes, errors, API."""

import ast
import re
from pathlib import Path

import pytest
from django.conf import settings
from django.urls import reverse
from lxml import html

from accounts.models import Customer
from cdsc_portal.web.docs import errors
from cdsc_portal.web.docs.openapi import operations
from consent.models import ScopeOffer, ScopeSetting
from consent.oauth.metadata import server_addresses
from consent.scopes.catalogue import SCOPES
from tests.factories.accounts import household

pytestmark = pytest.mark.django_db


def page(client, name, *args):
    answer = client.get(reverse(name, args=args))
    assert answer.status_code == 200
    return html.fromstring(answer.content.decode())


def words(tree):
    return " ".join(tree.text_content().split())


def test_the_start_names_every_address_of_the_metadata(client):
    text = words(page(client, "docs"))

    addresses = [url for name, url in server_addresses().items() if name != "issuer"]
    assert len(addresses) == 5
    assert all(address in text for address in addresses)


@pytest.mark.spec("F-38", "F-61")
def test_the_start_says_what_customers_see_of_a_company_and_who_does_not_come_back(client):
    text = words(page(client, "docs"))

    assert "your purpose as you wrote it" in text
    assert "who cannot log in at all does not come back" in text


@pytest.mark.parametrize("name", SCOPES)
def test_a_scope_has_a_page_in_the_words_of_the_form(client, name):
    scope = SCOPES[name]

    tree = page(client, "docs_scope", name)

    text = words(tree)
    assert str(scope.title) in text and str(scope.excludes) in text
    assert all(str(what) in text and str(example) in text for what, example in scope.includes)
    assert all(alias in text for alias in scope.aliases)
    opened = [code.text for code in tree.xpath("//section[@aria-labelledby='opens']//code")]
    assert set(opened) >= {f"GET /{resource}" for resource in scope.opens}


def test_what_a_utility_does_not_offer_has_no_page(client, settings):
    settings.UTILITY_ROLE = "distribution"

    assert client.get(reverse("docs_scope", args=["customer_supply_history"])).status_code == 404
    assert "customer_supply_history" not in words(page(client, "docs"))
    assert client.get(reverse("docs_scope", args=["nothing"])).status_code == 404


def test_what_staff_switched_off_has_no_page(client):
    ScopeSetting.objects.create(scope="usage_data", is_open=False)

    assert client.get(reverse("docs_scope", args=["usage_data"])).status_code == 404
    assert "usage_data" not in {code.text for code in page(client, "docs").xpath("//nav//code")}


def test_every_operation_of_the_schema_is_in_the_reference(client):
    described = {
        path: methods
        for document in ("schema", "cds_schema", "feed_schema")
        for path, methods in client.get(reverse(document)).json()["paths"].items()
    }

    reference = page(client, "docs_api")
    text = words(reference)

    assert [heading.get("id") for heading in reference.xpath("//h2[@id]")] == [
        "data",
        "registration",
        "feeds",
    ]
    assert len(operations()) == sum(len(methods) for methods in described.values())
    assert all(
        f"{method.upper()} {path}" in text for path, methods in described.items() for method in methods
    )


@pytest.mark.parametrize("document", ["schema", "cds_schema", "feed_schema"])
def test_a_description_of_the_api_is_no_docstring(client, document):
    text = client.get(reverse(document)).content.decode()

    assert (
        re.findall(r"Raises [A-Z]|:param |\b(?:[RDFX]-\d|P-\d\d)|No query\.|(?:Two|Three|Four) queries", text)
        == []
    )


def test_every_code_of_the_api_has_its_cause_and_remedy(client):
    """The codes that the code raises, read from it, and those of REST framework."""
    raised = set(_problem_codes())

    documented_errors = (*errors.API_ERRORS, *errors.CDS_ERRORS, *errors.FEED_ERRORS)
    documented = {(error.status, error.code) for error in documented_errors}

    assert raised <= documented
    unseen = {(406, "not_acceptable"), (400, "invalid_client_metadata"), (400, "invalid_redirect_uri")}
    assert documented - raised == unseen  # of REST framework, and of services


def test_the_type_of_a_problem_is_the_line_of_its_code(client, settings):
    answer = client.get("/usage_data")

    address, _, fragment = answer.json()["type"].partition("#")

    assert address == f"{settings.PUBLIC_URL}{reverse('docs_errors')}"
    assert fragment == answer.json()["code"] == "token_needed"
    document = page(client, "docs_errors")
    anchors = document.xpath("//@id")
    assert len(anchors) == len(set(anchors))
    codes = {code for _status, code in _problem_codes()} | {"method_not_allowed", "not_acceptable"}
    assert codes <= set(anchors)


def _problem_codes():
    """(status, code) of each `Problem(...)` that is written out, and of the pages that answer programs."""
    for app in ("consent", "datahub", "cdsc_portal"):
        for path in (Path(settings.BASE_DIR) / app).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if not isinstance(node, ast.Call):
                    continue
                name = getattr(node.func, "id", "")
                written_out = node.args[:2]
                arguments = {
                    "Problem": written_out,
                    "Refused": written_out,
                    "cds_problem": written_out,
                    "_answer": [*node.args[1:2], *node.args[3:4]],
                }
                values = [each.value for each in arguments.get(name, []) if isinstance(each, ast.Constant)]
                if len(values) == 2 and isinstance(values[0], int):
                    yield tuple(values)


@pytest.mark.spec("R-18")
def test_test_customers_are_explained_only_where_there_are_some(client):
    household()
    closed = words(page(client, "docs_test_accounts"))
    Customer.objects.update(is_test=True)

    assert "No sandbox is open" in closed
    assert "invented people" in words(page(client, "docs_test_accounts"))


def test_a_further_offer_and_a_built_in_scope_have_pages_with_their_limits(client):
    ScopeOffer.objects.create(
        offer_id="usage_data.year",
        type="usage_data",
        days_back=366,
        field_limits={"start": {"default": "-1y"}},
    )

    year, files = (
        words(page(client, "docs_scope", name)) for name in ("usage_data.year", "cds_server_provided_files_1")
    )

    listed = {code.text for code in page(client, "docs").xpath("//nav//code")}
    assert {"usage_data", "usage_data.year", "cds_client_admin", "cds_grant_admin_1"} <= listed
    assert "At most 366 days back. Without it: -1y." in year and '"type": "usage_data.year"' in year
    assert "file_id" in files and '"type": "cds_server_provided_files_1"' in files
    assert client.get(reverse("docs_scope", args=["usage_data.month"])).status_code == 404


@pytest.mark.parametrize(
    "name", ["docs", "docs_errors", "docs_api", "docs_sandbox", "docs_policy", "docs_terms"]
)
def test_a_page_asks_only_which_scopes_are_open(client, name, django_assert_max_num_queries):
    operations()

    with django_assert_max_num_queries(2):
        client.get(reverse(name))

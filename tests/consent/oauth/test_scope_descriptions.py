"""What GET /.well-known/oauth-authorization-server says of each scope that is offered (CDS-WG1-02 sections 2 to 4)."""

import pytest
from django.test import Client as Browser

from cdsc_portal.lib.time import clock
from consent.models import CoverageEntry, RegistrationField, ScopeOffer, ScopeSetting
from consent.oauth import metadata as document
from consent.resolution import COARSE
from consent.scopes.catalogue import SCOPES
from tests.consent.api.cds.coverage import listed_entry

pytestmark = pytest.mark.django_db
ADDRESS = "/.well-known/oauth-authorization-server"
UNITED = (
    "response_types_supported", "grant_types_supported", "token_endpoint_auth_methods_supported",
    "code_challenge_methods_supported", "authorization_details_types_supported",
)  # fmt: skip


@pytest.fixture(autouse=True)
def no_kept_document():
    document._document.cache_clear()
    yield
    document._document.cache_clear()


def read() -> dict:
    answer = Browser().get(ADDRESS)
    assert answer.status_code == 200
    return answer.json()


def descriptions() -> dict:
    return read()["cds_scope_descriptions"]


@pytest.mark.spec("R-01", "R-05", "R-15", "R-16", "R-18", "R-19", "R-21", "R-191", "R-200")
def test_the_document_is_public_and_has_what_is_required(settings):
    metadata = read()

    assert metadata["cds_oauth_version"] == "v1"
    assert metadata["cds_timezone"] == settings.UTILITY_TIME_ZONE
    assert metadata["pushed_authorization_request_endpoint"]
    for name in ("service_documentation", "op_policy_uri", "op_tos_uri", "cds_test_accounts"):
        path = metadata[name].removeprefix(settings.PUBLIC_URL)
        assert Browser().get(path).status_code == 200, name
    assert {key: each["id"] for key, each in metadata["cds_scope_descriptions"].items()} == {
        key: key for key in metadata["cds_scope_descriptions"]
    }
    assert {"cds_client_admin", "cds_grant_admin_1", "cds_server_provided_files_1", *SCOPES} == set(
        metadata["cds_scope_descriptions"]
    )


@pytest.mark.spec("R-06", "R-07")
def test_its_own_lists_hold_what_any_scope_has():
    metadata = read()

    for name in UNITED:
        of_scopes = {value for each in metadata["cds_scope_descriptions"].values() for value in each[name]}
        assert of_scopes <= set(metadata[name])
    assert set(metadata["cds_scope_descriptions"]) <= set(metadata["scopes_supported"])
    assert set(metadata["scopes_supported"]) - set(metadata["cds_scope_descriptions"]) == {
        alias for scope in SCOPES.values() for alias in scope.aliases
    }


@pytest.mark.spec("R-26")
def test_client_admin_is_word_for_word_as_fixed():
    description = descriptions()["cds_client_admin"]

    assert description.pop("documentation").endswith("/docs/scopes/cds_client_admin/")
    assert description == {
        "id": "cds_client_admin",
        "type": "cds_client_admin",
        "name": "Client Admin",
        "description": "This scope grants administrative access to the Client management APIs.",
        "registration_requirements": [],
        "registration_optional": [],
        "response_types_supported": [],
        "grant_types_supported": ["client_credentials"],
        "token_endpoint_auth_methods_supported": ["client_secret_basic"],
        "code_challenge_methods_supported": [],
        "coverages_supported": [],
        "grant_admin_scope": None,
        "authorization_details_types_supported": [],
        "authorization_details_fields_supported": [],
    }


@pytest.mark.spec("R-27", "R-28", "R-29s", "R-30s", "R-31s", "R-50", "R-52")
def test_grant_admin_and_files_are_as_fixed_and_there_may_be_several():
    ScopeOffer.objects.create(offer_id="cds_grant_admin_2", type="cds_grant_admin")
    opener = ScopeOffer.objects.get(offer_id="cds_grant_admin_2")
    ScopeOffer.objects.create(
        offer_id="cds_server_provided_files_bills", type="cds_server_provided_files", label="Bills",
        description="Bills as files.", grant_admin=opener,
    )  # fmt: skip
    offered = descriptions()

    for offer_id in ("cds_grant_admin_1", "cds_grant_admin_2"):
        description = offered[offer_id]
        assert (description["type"], description["name"]) == ("cds_grant_admin", "Grant Admin")
        assert description["grant_types_supported"] == ["client_credentials"]
        assert description["authorization_details_types_supported"] == [offer_id]
        fields = description["authorization_details_fields_supported"]
        assert [(field["id"], field["name"]) for field in fields] == [
            ("client_id", "Client Object identifier"),
            ("grant_id", "Grant identifier"),
        ]
        for field in fields:
            assert field["for_types"] == [offer_id]
            assert (field["format"], field["is_required"]) == ("string", True)
            assert (field["minimum"], field["maximum"], "default" in field) == (1, 1000, False)
    first, bills = offered["cds_server_provided_files_1"], offered["cds_server_provided_files_bills"]
    assert (first["name"], bills["name"]) == ("Server-Provided Files", "Server-Provided Files: Bills")
    assert first["description"].startswith(
        "This scope grants access to specific files that the Server wants make"
    )
    assert bills["description"] == "Bills as files."
    assert (first["grant_admin_scope"], bills["grant_admin_scope"]) == (
        "cds_grant_admin_1",
        "cds_grant_admin_2",
    )
    assert first["grant_types_supported"] == first["token_endpoint_auth_methods_supported"] == []
    (file_id,) = bills["authorization_details_fields_supported"]
    assert (file_id["id"], file_id["for_types"]) == ("file_id", ["cds_server_provided_files_bills"])


@pytest.mark.spec("R-14s", "R-23", "R-24", "R-25")
def test_the_founding_scopes_keep_their_ids_and_their_types_carry_the_servers_prefix(settings):
    settings.SERVER_PREFIX = "valley"
    usage = descriptions()["usage_data"]

    assert (usage["id"], usage["type"], usage["name"]) == (
        "usage_data",
        "valley_usage_data",
        str(SCOPES["usage_data"].title),
    )
    assert usage["grant_types_supported"] == ["authorization_code", "refresh_token"]
    assert (usage["response_types_supported"], usage["code_challenge_methods_supported"]) == (
        ["code"],
        ["S256"],
    )
    assert usage["grant_admin_scope"] == "cds_grant_admin_1"
    assert usage["authorization_details_types_supported"] == ["usage_data"]
    fields = {field["id"]: field for field in usage["authorization_details_fields_supported"]}
    assert {name: (each["format"], each["default"]) for name, each in fields.items()} == {
        "start": ("string_or_null", None),
        "end": ("string_or_null", None),
        "services": ("string_list_or_null", None),
        "coarsest_resolution": ("choice_or_null", None),
    }
    assert [choice["id"] for choice in fields["coarsest_resolution"]["choices"]] == list(COARSE)
    assert "all" in fields["services"]["description"]


@pytest.mark.spec("R-25")
def test_a_grant_admin_that_is_closed_opens_nothing_and_is_not_named():
    ScopeOffer.objects.filter(offer_id="cds_grant_admin_1").update(is_open=False)

    assert "cds_grant_admin_1" not in descriptions()
    assert descriptions()["usage_data"]["grant_admin_scope"] is None


@pytest.mark.spec("R-08", "R-09")
def test_the_same_type_with_another_coverage_and_other_limits_is_another_description():
    listed_entry("valley")
    further = ScopeOffer.objects.create(
        offer_id="usage_data.year", type="usage_data", label="a year", days_back=365,
        field_limits={"start": {"default": "-1y", "maximum": 12}},
    )  # fmt: skip
    further.coverages.set(CoverageEntry.objects.all())
    ScopeSetting.objects.create(scope="usage_data", days_ahead=90)
    offered = descriptions()
    first, year = (
        {field["id"]: field for field in offered[name]["authorization_details_fields_supported"]}
        for name in ("usage_data", "usage_data.year")
    )

    assert offered["usage_data.year"]["name"] == f"{SCOPES['usage_data'].title}: a year"
    assert (
        offered["usage_data.year"]["coverages_supported"],
        offered["usage_data"]["coverages_supported"],
    ) == (["valley"], [])
    assert (year["start"]["default"], year["start"]["maximum"]) == ("-1y", 12)
    assert (
        "365 days before" in year["start"]["description"]
        and "days before" not in first["start"]["description"]
    )
    assert "90 days after" in year["end"]["description"] and "90 days after" in first["end"]["description"]


@pytest.mark.spec("R-20", "R-22", "R-38", "R-39", "R-40", "R-41", "R-42")
def test_the_fields_of_a_registration_are_those_that_offers_name():
    empty = read()["cds_registration_fields"]
    for name, values in {
        "vat": {"field_name": "cds_vat", "format": "string_or_null", "max_length": 20},
        "logo": {"field_name": "cds_logo", "format": "image", "max_size": 4096},
        "fee": {"type": "payment_required", "amount": "12.50", "currency": "USD"},
        "unused": {"type": "internal_review"},
    }.items():
        RegistrationField.objects.create(
            **{"field_id": name, "type": "registration_field", "description": f"What {name} is.", **values}
        )
    ScopeOffer.objects.filter(offer_id="usage_data").update(
        registration_requirements=["logo", "fee"], registration_optional=["vat"]
    )
    metadata = read()
    fields = metadata["cds_registration_fields"]

    assert empty == {}
    assert {name: field["id"] for name, field in fields.items()} == {
        name: name for name in ("fee", "logo", "vat")
    }
    description = metadata["cds_scope_descriptions"]["usage_data"]
    assert (description["registration_requirements"], description["registration_optional"]) == (
        ["logo", "fee"],
        ["vat"],
    )
    assert fields["vat"].items() >= {"format": "string_or_null", "default": None, "max_length": 20}.items()
    assert (fields["logo"]["field_name"], fields["logo"]["max_size"]) == ("cds_logo", 4096)
    assert "default" not in fields["logo"]
    assert (fields["fee"]["amount"], fields["fee"]["currency"]) == (12.5, "USD")
    assert "format" not in fields["fee"]


@pytest.mark.spec("R-13s")
def test_only_the_specifications_own_scopes_begin_with_its_name():
    types = {each["type"] for each in descriptions().values() if each["type"].startswith("cds_")}

    assert types == {"cds_client_admin", "cds_grant_admin", "cds_server_provided_files"}


def test_what_is_closed_is_not_in_it_and_what_opens_again_is_at_once():
    ScopeOffer.objects.filter(offer_id="usage_data").update(is_open=False)
    closed = read()
    ScopeOffer.objects.filter(offer_id="usage_data").update(is_open=True)

    assert "usage_data" not in closed["cds_scope_descriptions"]
    assert "customer_usage_data" not in closed["scopes_supported"]
    assert "usage_data" in read()["cds_scope_descriptions"]


@pytest.mark.spec("R-05", "R-193s")
def test_nothing_changed_costs_one_statement_and_304_no_body(django_assert_num_queries):
    browser = Browser()
    tag = browser.get(ADDRESS)["ETag"].removeprefix("W/")

    with django_assert_num_queries(1):  # the count of calls with the versions of the rows
        known = browser.get(ADDRESS, headers={"If-None-Match": tag})

    assert (known.status_code, known.content) == (304, b"")
    assert known["RateLimit-Policy"].startswith('"minute"')
    with django_assert_num_queries(6):  # one of them the setting
        ScopeSetting.objects.create(scope="bill_data", is_open=False, modified=clock.now())
        browser.get(ADDRESS, headers={"If-None-Match": tag})


@pytest.mark.spec("R-198")
def test_registration_asks_for_nothing_until_staff_decide_what_their_law_needs():
    described = descriptions().values()

    assert {field for each in described for field in each["registration_requirements"]} == set()

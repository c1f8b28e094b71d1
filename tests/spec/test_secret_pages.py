"""Every view either shows a secret, and is never compressed, or is named here as one that shows none (BREACH)."""

import pytest
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache

from cdsc_portal.lib.http.secret_pages import is_secret_page, shows_secret
from tests.spec.guards import BY_UNGUESSABLE_KEY, OAUTH, OPEN_TO_CLIENTS, SCOPES, STAFF_TOKEN
from tests.spec.routes import routes

pytestmark = pytest.mark.spec("X-16")

# no secret beside the token of a form, which is masked anew each time
SHOWS_NONE = {
    "home", "help", "health_live", "health_ready", "health_workers", "set_language", "set_theme", "styleguide",
    "stylesheet", "metrics",
    "cds_server_metadata", "cds_coverage", "cds_coverage_map", "cds_coverage_geojson", "docs_policy", "docs_terms",
    "docs_support", "docs_test_accounts", "docs_guide",
    "docs", "docs_scope", "docs_errors", "docs_api", "docs_sandbox", "schema", "feed_schema",
    "cds_schema", "oauth_metadata",
    "my_home", "my_accounts", "my_account", "my_contract", "my_meter", "my_names", "my_names_file",
    "my_account_name", "my_contract_name", "my_meter_name", "my_usage", "my_usage_file",
    "my_portfolio", "my_portfolio_file", "my_mix", "my_bills",
    "my_bill", "my_bill_file", "my_downloads", "my_download",
    "my_activity", "my_activity_csv",
    "sharing_list", "sharing_list_csv", "sharing_detail", "sharing_change", "sharing_stop", "sharing_reads",
    "sharing_services", "sharing_receipt",
    *SCOPES, *OPEN_TO_CLIENTS, *STAFF_TOKEN,
}  # fmt: skip


def test_every_view_is_marked_or_named_as_one_without_a_secret():
    unmarked = {route.name for route in routes() if not is_secret_page(route.view)}
    marked = {route.name for route in routes() if is_secret_page(route.view)}

    assert unmarked - SHOWS_NONE == set()
    assert marked & SHOWS_NONE == set()


def test_what_is_opened_by_a_key_and_what_gives_tokens_is_marked():
    marked = {route.name for route in routes() if is_secret_page(route.view)}

    assert marked >= BY_UNGUESSABLE_KEY | OAUTH


def test_a_route_with_a_secret_in_its_address_is_marked():
    carrying = [
        route for route in routes() if {"key", "secret", "uidb36"} & set(route.arguments)
    ]  # fmt: skip

    assert len(carrying) > 5
    assert [route for route in carrying if not is_secret_page(route.view)] == []


def test_all_of_staffs_pages_and_of_logins_are_marked():
    under = [route for route in routes() if route.path.startswith(("/admin/", "/accounts/", "/my/settings/"))]

    assert len(under) > 100
    assert [route.path for route in under if not is_secret_page(route.view)] == []


def test_the_mark_passes_through_other_decorators():
    @login_required
    @never_cache
    @shows_secret
    def view(request: HttpRequest) -> HttpResponse:
        return HttpResponse()

    assert is_secret_page(view)

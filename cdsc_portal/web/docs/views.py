"""Pages for third parties. No data of anybody is on them."""

from collections.abc import Mapping

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from accounts.queries.test_customers import has_test_customers
from cdsc_portal.web.docs import errors, sandbox
from cdsc_portal.web.docs import guide as ten_commands
from cdsc_portal.web.docs.openapi import groups
from cdsc_portal.web.docs.scopes import offer_page
from consent.oauth.metadata import server_addresses
from consent.queries.scope_offers import open_offers


@require_safe
def contents(request: HttpRequest) -> HttpResponse:
    """How to connect, and where everything else stands."""
    members = server_addresses()
    context = {
        "endpoints": [(name, url) for name, url in members.items() if name.endswith("_endpoint")],
        "issuer": members["issuer"],
        "contact_mail": settings.SUPPORT_MAIL,
        "calls_per_minute": settings.OAUTH_CALLS_PER_MINUTE,
        "code_seconds": settings.OAUTH2_PROVIDER["AUTHORIZATION_CODE_EXPIRE_SECONDS"],
        "token_seconds": settings.OAUTH2_PROVIDER["ACCESS_TOKEN_EXPIRE_SECONDS"],
    }
    return _page(request, "contents", context)


@require_safe
def scope(request: HttpRequest, name: str) -> HttpResponse:
    """One offer, of customers' scopes in the form's words. 404 for what this server does not offer."""
    page = offer_page(name)
    if page is None:
        raise Http404
    return _page(request, "scope" if page.scope else "builtin_scope", {"page": page})


@require_safe
def policy(request: HttpRequest) -> HttpResponse:
    """What third parties may do with data (`op_policy_uri`, RFC 8414)."""
    return _page(request, "policy", {})


@require_safe
def terms(request: HttpRequest) -> HttpResponse:
    """What holds between the utility and third parties (`op_tos_uri`, RFC 8414)."""
    return _page(request, "terms", {"policy_url": reverse("docs_policy")})


@require_safe
def support(request: HttpRequest) -> HttpResponse:
    """Whom a third party's developer asks, and what to say."""
    return _page(
        request, "support", {"errors_url": reverse("docs_errors"), "developer_url": reverse("developer")}
    )


@require_safe
def test_accounts(request: HttpRequest) -> HttpResponse:
    """How to log in as a test customer (`cds_test_accounts`, R-18); no login stands there."""
    return _page(
        request,
        "test_accounts",
        {"has_test_customers": has_test_customers(), "support_docs_url": reverse("docs_support")},
    )


@require_safe
def error_codes(request: HttpRequest) -> HttpResponse:
    context = {
        "api_errors": errors.API_ERRORS,
        "cds_errors": errors.CDS_ERRORS,
        "feed_errors": errors.FEED_ERRORS,
        "oauth_errors": errors.OAUTH_ERRORS,
    }
    return _page(request, "errors", context)


@require_safe
def reference(request: HttpRequest) -> HttpResponse:
    """Every operation of the API, from its OpenAPI document."""
    return _page(request, "reference", {"groups": groups()})


@require_safe
def guide(request: HttpRequest) -> HttpResponse:
    """From nothing to data of a test customer, and what a program does then."""
    context = {
        "steps": ten_commands.steps(settings.PUBLIC_URL),
        "topics": ten_commands.TOPICS,
        "has_test_customers": has_test_customers(),
    }
    return _page(request, "guide", context)


@require_safe
def sandbox_guide(request: HttpRequest) -> HttpResponse:
    """From registration to the refusal after a stop, on the demo."""
    return _page(request, "sandbox", {"steps": sandbox.STEPS})


def _page(request: HttpRequest, name: str, context: Mapping[str, object]) -> HttpResponse:
    offers = [
        {"id": offer_id, "title": kind.name} for offer_id, kind in open_offers(role=settings.UTILITY_ROLE)
    ]
    return render(request, f"web/docs/{name}.html", {"offers": offers, "current": name, **context})

"""The request page in each of its forms, and the pages where there is nothing to decide."""

from dataclasses import dataclass

from playwright.sync_api import Page

from accounts.models import Role, User
from cdsc_portal.lib.time import clock
from consent.models import ConsentRequest, RequestStatus
from consent.services.third_parties.grant_changes import change_grant
from tests.factories.accounts import MembershipFactory, UserFactory, household
from tests.factories.chain import chain
from tests.factories.consent import ClientFactory, approve, ask
from tests.journeys.consent_steps import (
    EVERYTHING,
    PURPOSE,
    USAGE_AND_BILLS,
    electricity_and_gas,
    request_of,
    sunny_roofs,
)
from tests.journeys.pages.base import MapPage, at, logged_in, nothing

_TITLE = {"en": "Request to share your data", "es": "Solicitud para compartir sus datos"}
_LONG_PURPOSE = f"{PURPOSE}\n" * 8


@dataclass(frozen=True, slots=True)
class Opened:
    """A request and who opens it."""

    request: ConsentRequest
    user: User


def _whole() -> Opened:
    home = electricity_and_gas()
    return Opened(request_of(home, *EVERYTHING), home.owner)


def _locked() -> Opened:
    home = electricity_and_gas()
    client = ClientFactory(name="Sunny Roofs (demo)", purpose=_LONG_PURPOSE, all_or_nothing=True)
    return Opened(ask(*USAGE_AND_BILLS, user=home.owner, client=client), home.owner)


def _of_a_chain() -> Opened:
    stores = chain(stores=40)
    return Opened(ask(*USAGE_AND_BILLS, user=stores.owner, client=sunny_roofs()), stores.owner)


def _viewers() -> Opened:
    home, viewer = electricity_and_gas(), UserFactory()
    MembershipFactory(customer=home.customer, user=viewer, role=Role.VIEWER)
    return Opened(ask(*USAGE_AND_BILLS, user=viewer, client=sunny_roofs()), viewer)


def _of_more() -> Opened:
    """Of a company that holds a grant of usage and supply, and wants longer usage and bills, no supply."""
    home, client = electricity_and_gas(), sunny_roofs()
    usage, bills = USAGE_AND_BILLS
    shared = approve(ask({**usage, "end": "+1y"}, EVERYTHING[1], user=home.owner, client=client))
    wish = {"authorization_details": [{"type": "usage_data", "end": "+3y"}, {"type": "bill_data"}]}
    change_grant(grant=shared, sent=wish, at=clock.now())
    request = ask(usage, bills, user=home.owner, client=client)
    request.updates = shared
    request.save()
    return Opened(request, home.owner)


def _no_match() -> Opened:
    home = household()
    details = {**USAGE_AND_BILLS[0], "services": ["7777777-1", "7777777-2"]}
    return Opened(ask(details, user=home.owner, client=sunny_roofs()), home.owner)


def _anothers() -> Opened:
    return Opened(request_of(electricity_and_gas()), household().owner)


def _expired() -> Opened:
    home = electricity_and_gas()
    request = request_of(home)
    request.expires = request.created
    request.save()
    return Opened(request, home.owner)


def _refused_by_an_owner() -> Opened:
    opened = _viewers()
    opened.request.handed_over = opened.request.created
    opened.request.status, opened.request.decided_at = RequestStatus.DENIED, opened.request.created
    opened.request.save()
    return opened


def _open(page: Page, opened: Opened) -> None:
    logged_in(page, opened.user.email, opened.request.page)


def _approve_nothing(page: Page, opened: Opened) -> None:
    _open(page, opened)
    for tick in page.locator("input[name^=share-]").all():
        tick.uncheck()
    with page.expect_navigation():
        page.locator("button[value=approve]").click()


PAGES = (
    MapPage(
        "request",
        _whole,
        _open,
        _TITLE,
        ("#card-usage_data", "button[value=approve]", "#summary .chosen", "#check"),
    ),
    MapPage("request-locked", _locked, _open, _TITLE, (".notice", ".own-words")),
    MapPage("request-more", _of_more, _open, _TITLE, (".known", "button[value=approve]")),
    MapPage("request-chain", _of_a_chain, _open, _TITLE, ("[data-search]", "[data-only]")),
    MapPage("request-viewer", _viewers, _open, _TITLE, ("button[value=ask-owner]",)),
    MapPage("request-error", _whole, _approve_nothing, _TITLE, (".error-summary",), by_get=False),
    MapPage(
        "request-no-match",
        _no_match,
        _open,
        {"en": "This request is about other services", "es": "Esta solicitud es sobre otros servicios"},
        ("main li", "button[value=deny]"),
    ),
    MapPage(
        "request-anothers",
        _anothers,
        _open,
        {
            "en": "This request was opened with another login",
            "es": "Esta solicitud se abrió con otro acceso",
        },
    ),
    MapPage(
        "request-expired",
        _expired,
        _open,
        {"en": "This request has expired", "es": "Esta solicitud venció"},
    ),
    MapPage(
        "request-handed-back",
        _refused_by_an_owner,
        _open,
        {"en": "Your request was decided", "es": "Su solicitud ya tiene respuesta"},
        ("button[value=continue]",),
    ),
    MapPage(
        "bad-link",
        nothing,
        at("/oauth/authorize/?client_id=nobody"),
        {"en": "This link does not work", "es": "Este enlace no funciona"},
    ),
    MapPage(
        "default-declined",
        nothing,
        at("/oauth/done/?error=access_denied"),
        {"en": "You declined the request", "es": "Usted rechazó la solicitud"},
    ),
    MapPage(
        "default-error",
        nothing,
        at("/oauth/done/?error=invalid_scope"),
        {"en": "The request cannot be completed", "es": "La solicitud no se puede completar"},
    ),
)

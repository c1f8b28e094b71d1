"""A third party serves itself in browsers: it registers, asks a test customer, goes to production, rotates secrets."""

from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from cdsc_portal.lib.time import clock
from consent.models import Client, Registration, Review
from examples.third_party import OAuthError, ThirdParty
from tests.factories.accounts import StaffFactory, UserFactory, household
from tests.factories.feeds import load_days
from tests.journeys.browser import Aspect, assert_fits, assert_no_axe_faults, shot
from tests.journeys.pages.base import log_in

pytestmark = pytest.mark.journey

DETAILS = [{"type": "usage_data", "start": "-1y", "end": "+1y", "services": "all"}]


@pytest.fixture
def home(settings, live_server):
    """A test customer with a few days of readings, on a server that knows its address."""
    settings.PUBLIC_URL = live_server.url
    home = household(owner=UserFactory(name="Robin Test"))
    home.customer.is_test = True
    home.customer.save()
    load_days(home.meter, clock.now().date() - timedelta(days=10), 9)
    return home


def holds(page: Page, name: str, *, is_admin: bool = False) -> None:
    """Whatever a page of the walk shows, it fits a phone and a desk, and axe has nothing against it.

    The walk in English says all of colors, the first width all of words.
    """
    language = page.locator("html").get_attribute("lang")
    colors = Aspect.COLORS if language == "en" else Aspect(0)
    for width, aspects in ((360, Aspect.WORDS | Aspect.PLACE | colors), (1280, Aspect.PLACE | colors)):
        page.set_viewport_size({"width": width, "height": 800})
        shot(page, f"third-party-{name}-{width}-{language}")
        assert_fits(page)
        assert_no_axe_faults(page, only_serious=is_admin, aspects=aspects)


def register(page: Page) -> tuple[str, str]:
    """By the human form; id and secret as the page shows them."""
    page.goto("/developer/register/")
    holds(page, "register")
    page.locator("[name=client_name]").fill("Sunny Roofs (demo)")
    page.locator("[name=contact]").fill("ops@example.com")
    page.locator("[name=scopes][value=usage_data]").check()
    page.locator("form.form button").click()
    page.wait_for_url("**/developer/registered/")
    holds(page, "registered")
    return page.locator("dl code").inner_text(), page.locator(".developer__secret code").inner_text()


def program_of(page: Page, address: str, client_id: str, secret: str) -> ThirdParty:
    """The program of the object that asks, all of it found by the object for the APIs (as the guide does)."""
    token = page.request.post(
        f"{address}/oauth/token/",
        form={
            "grant_type": "client_credentials",
            "scope": "cds_client_admin",
            "client_id": client_id,
            "client_secret": secret,
        },
    ).json()
    headers = {"Authorization": f"Bearer {token['access_token']}"}
    objects = page.request.get(f"{address}/cds/clients", headers=headers).json()["clients"]
    asking = next(each for each in objects if each["response_types"] == ["code"])
    listed = page.request.get(
        f"{address}/cds/credentials?client_ids={asking['client_id']}", headers=headers
    ).json()
    return ThirdParty(
        address,
        asking["client_id"],
        listed["credentials"][0]["client_secret"],
        asking["cds_default_redirect_uri"],
    )


def share_as_test_customer(page: Page, program: ThirdParty, email: str) -> dict:
    """The customer logs in and agrees; the program exchanges the code that the browser brought."""
    visited: list[str] = []
    page.on("request", lambda request: visited.append(request.url))
    pending = program.ask(DETAILS)
    log_in(page, email, pending.url)
    holds(page, "request")
    page.locator("button[value=approve]").click()
    page.wait_for_url("**/receipts/**")
    holds(page, "receipt")
    return program.finish(pending, next(url for url in reversed(visited) if "code=" in url))


def approve_production(page: Page, email: str) -> None:
    """Staff find the registration among the reviews and agree to it."""
    log_in(page, email, "/admin/consent/review/")
    holds(page, "reviews", is_admin=True)
    page.locator("#result_list tbody a").first.click()
    review = Review.objects.get(kind="registration")
    page.goto(f"/admin/consent/review/{review.pk}/change/")
    holds(page, "review", is_admin=True)
    page.goto(f"/admin/consent/review/{review.pk}/approve/")
    holds(page, "approve", is_admin=True)
    page.locator("textarea[name=reason]").fill("Papers are complete")
    page.locator("button.staff-button--act[type=submit]").click()
    page.wait_for_url("**/change/")


def rotate(page: Page, client: Client) -> str:
    """A new secret on the third party's page, and the end of the one before."""
    address = f"/developer/clients/{client.public_id}/secret/"
    page.goto(address)
    holds(page, "secret")
    page.locator("form.form button").click()
    secret = page.locator(".developer__secret code").inner_text()
    holds(page, "new-secret")
    page.goto(address)
    page.locator("button[name=end_older]").click()
    return secret


@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.spec("R-63", "R-70", "R-71", "R-147", "X-19")
def test_a_third_party_registers_asks_goes_to_production_and_rotates(
    browser_page, live_server, home, language
):
    company, customer, staff = (browser_page(language=language) for _window in range(3))
    developer, agent = UserFactory(email="dev@example.com"), StaffFactory()

    client_id, secret = register(company)
    log_in(company, developer.email, "/developer/")
    expect(company.locator("section.card").first).to_be_visible()
    holds(company, "developer")
    program = program_of(company, live_server.url, client_id, secret)
    tokens = share_as_test_customer(customer, program, home.owner.email)
    assert program.get_all("/usage_data", tokens["access_token"])

    approve_production(staff, agent.email)
    registration = Registration.objects.get()
    made = registration.clients.get(status="production", response_types=["code"])
    company.goto("/developer/")
    expect(company.get_by_text(made.client_id).first).to_be_visible()
    holds(company, "developer-in-production")

    sandbox = registration.clients.get(client_id=program.client_id)
    fresh = rotate(company, sandbox)

    assert fresh not in (secret, program.client_secret)
    renewed = ThirdParty(live_server.url, program.client_id, fresh, program.redirect_uri)
    with pytest.raises(OAuthError, match="invalid_client"):
        program.refresh(tokens["refresh_token"])
    assert renewed.ask(DETAILS).url
    assert program.get("/usage_data", tokens["access_token"]).status_code == 401

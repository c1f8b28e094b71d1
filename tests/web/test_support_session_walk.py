"""Every page of customers in a support session: shown or refused, never a change, a key or a way out (P-23)."""

import re
from collections.abc import Iterator

import pytest
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext
from django.urls import URLPattern, URLResolver, get_resolver
from lxml import html

from accounts.models import Invitation, OutgoingMail, Role
from accounts.services.inviting import Offered, invite
from accounts.services.support_sessions import start_support_session
from cdsc_portal.lib.time import clock
from datahub.models import Download
from tests.factories.accounts import MembershipFactory, StaffFactory, UserFactory, household
from tests.factories.consent import approve, ask
from tests.factories.datahub import bill

pytestmark = [pytest.mark.django_db, pytest.mark.spec("P-23")]
# but for the agent's own session, and the log of a file that the agent takes
WRITES = re.compile(
    r"^\s*(?:INSERT INTO|UPDATE|DELETE FROM) (?!\"accounts_session\"|\"accounts_staffaction\")"
)
LINKS = re.compile(r'(?:href|action)="(/(?!static/|style/)[^"]*)"')
BACK = "/admin/accounts/customer/{}/change/"


def addresses(patterns: list[URLPattern | URLResolver], before: str = "/") -> Iterator[str]:
    for pattern in patterns:
        route = before + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from addresses(pattern.url_patterns, route)
        elif route.startswith("/my/"):
            yield route


@pytest.fixture
def inside(client):
    """An agent in the pages of a customer who has one of everything; what stands for each parameter."""
    home = household()
    at = clock.now()
    other = UserFactory()
    MembershipFactory(customer=home.customer, user=other, role=Role.VIEWER)
    grant = approve(ask({"type": "usage_data", "services": "all", "end": "+1y"}, user=home.owner))
    waiting = ask({"type": "bill_data", "services": "all"}, user=home.owner)
    statement = bill(home.contract)
    offered = Offered(home.customer, None, Role.VIEWER, False, None)
    invitation = invite(email="new@example.com", offered=offered, by=home.owner, at=at)
    agent = StaffFactory()
    client.force_login(agent)
    session = start_support_session(person=home.owner, by=agent, reason="caller asks", at=at)[0]
    keys = {
        "accounts": home.contract.billing_account.public_id,
        "contracts": home.contract.public_id,
        "meters": home.meter.public_id,
        "bills": statement.public_id,
        "sharing": grant.public_id,
        "invitations": invitation.public_id,
        "receipts": grant.receipts.get().number,
        "people": home.customer.public_id,
        "customer": str(home.customer.pk),
    }
    secrets = (f"/my/requests/{waiting.reference}/",)
    return f"/admin/as/{session.visit}", keys, secrets, other


def filled(route: str, keys: dict[str, str], other) -> str:
    for name, key in keys.items():
        route = re.sub(rf"/{name}/<[^>]+>", f"/{name}/{key}", route)
    return re.sub(r"<[^>]+>", "all", route.replace("<slug:person>", other.public_id))


def test_no_page_changes_anything_tells_a_key_or_leads_out(client: Browser, inside):
    prefix, keys, secrets, other = inside
    shown, wrote, leaks, out = [], [], [], []

    for route in sorted(set(addresses(get_resolver().url_patterns))):
        url = filled(route, keys, other)
        with CaptureQueriesContext(connection) as queries:
            answer = client.get(prefix + url)
            body = (b"".join(answer.streaming_content) if answer.streaming else answer.content).decode()
        wrote += [(url, query["sql"]) for query in queries if WRITES.match(str(query["sql"]))]
        leaks += [url for key in secrets if key in body]
        if answer.status_code == 200:
            shown.append(url)
            out += [(url, link) for link in LINKS.findall(body) if not link.startswith(f"{prefix}/")]

    assert len(shown) > 20
    assert f"/my/people/{keys['people']}/{other.public_id}/all/end/" in shown
    assert not [path for path in shown if path.startswith("/my/settings/")]
    assert (wrote, leaks) == ([], [])
    assert {link for _url, link in out} == {BACK.format(keys["customer"])}


def test_no_page_has_an_enabled_form_that_would_change_something(client: Browser, inside):
    prefix, keys, _secrets, other = inside
    forms, enabled = [], []

    for route in sorted(set(addresses(get_resolver().url_patterns))):
        url = filled(route, keys, other)
        answer = client.get(prefix + url)
        if answer.status_code != 200 or not answer.headers["Content-Type"].startswith("text/html"):
            continue
        page = html.fromstring(answer.content.decode())
        for form in page.xpath("//form[translate(@method, 'POST', 'post') = 'post']"):
            forms.append(url)
            # a form without a button would be sent by Enter
            sends = submits(form, page)
            enabled += [(url, html.tostring(button)) for button in sends if button.get("disabled") is None]
            enabled += [] if sends else [(url, "no button")]

    assert enabled == []
    assert {re.sub(r"/[a-z0-9]{20}/", "/*/", url) for url in forms} == {
        "/my/accounts/*/name/",
        "/my/contracts/*/name/",
        "/my/downloads/",
        "/my/meters/*/name/",
        "/my/names/",
        "/my/people/invite/",
        f"/my/people/*/{other.public_id}/all/end/",
        "/my/portfolio/",
        "/my/sharing/*/change/",
        "/my/sharing/*/stop/",
    }


def submits(form, page) -> list:
    """What sends the form: buttons and submit fields, in it or joined to it by its id."""
    inside_or_joined = [*form.xpath(".//*"), *page.xpath("//*[@form = $id]", id=form.get("id", "-"))]
    return [
        element
        for element in inside_or_joined
        if (element.tag == "button" and element.get("type", "submit") == "submit")
        or (element.tag == "input" and element.get("type") in ("submit", "image"))
    ]


def test_no_form_of_a_page_starts_a_file_or_an_invitation(client: Browser, inside):
    prefix, keys, _secrets, _other = inside
    mails = OutgoingMail.objects.count()

    answers = [
        client.post(f"{prefix}{url}", {"what": "usage", "email": "x@example.com"}).status_code
        for url in (
            "/my/downloads/",
            "/my/people/invite/",
            f"/my/people/invitations/{keys['invitations']}/again/",
        )
    ]

    assert answers == [403, 403, 403]
    assert not Download.objects.exists()
    assert Invitation.objects.count() == 1
    assert OutgoingMail.objects.count() == mails


def test_pages_of_third_parties_are_not_the_customers(client: Browser, inside):
    prefix = inside[0]

    assert client.get(f"{prefix}/developer/").status_code == 404

"""What an agent sees of a customer's pages: the same, read-only, for a reason, for half an hour (P-23)."""

import re
from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test.utils import CaptureQueriesContext
from lxml import html

from accounts.models import StaffAction, SupportSession
from accounts.queries.support_sessions import support_sessions_of
from accounts.services.support_sessions import start_support_session
from cdsc_portal.lib.time import clock
from consent.models import Grant
from consent.transitions import GrantStatus
from tests.factories.accounts import CustomerFactory, MembershipFactory, StaffFactory, UserFactory, household
from tests.factories.consent import approve, ask

pytestmark = [pytest.mark.django_db, pytest.mark.spec("P-23")]


@pytest.fixture
def agent(client):
    staff = StaffFactory(name="Sam Agent")
    client.force_login(staff)
    return staff


def opened(agent, home) -> str:
    """The prefix of the customer's pages while the support session lasts."""
    session = start_support_session(
        person=home.owner, by=agent, reason="caller asks about a bill", at=clock.now()
    )[0]
    return f"/admin/as/{session.visit}"


def test_a_support_session_needs_a_reason_and_leads_to_the_customers_home(client, agent):
    home = household()
    url = f"/admin/accounts/customer/{home.customer.pk}/support-session/"

    without = client.post(url, {"person": home.owner.pk, "reason": " "})
    with_reason = client.post(url, {"person": home.owner.pk, "reason": "caller asks about a bill"})

    session = SupportSession.objects.get()
    assert without.status_code == 200
    assert with_reason.headers["Location"] == f"/admin/as/{session.visit}/my/"
    assert (session.customer, session.person, session.by) == (home.customer, home.owner, agent)
    assert StaffAction.objects.get(verb="session").reason == "caller asks about a bill"


def test_the_pages_are_the_customers_and_their_links_stay_inside(client, agent):
    home = household()
    grant = approve(ask({"type": "usage_data", "services": "all"}, user=home.owner))
    inside = opened(agent, home)

    page = client.get(f"{inside}/my/sharing/").content.decode()
    detail = client.get(f"{inside}/my/sharing/{grant.public_id}/")

    assert grant.client.name in page
    assert f'href="{inside}/my/sharing/{grant.public_id}/"' in page
    assert f'href="{inside}/my/usage/"' in page
    assert "You see what" in page
    assert "caller asks about a bill" in page
    assert detail.status_code == 200
    assert "no-store" in detail.headers["Cache-Control"]
    assert "unsafe" not in detail.headers["Content-Security-Policy"]


def test_nothing_is_changed_whatever_is_sent(client, agent):
    home = household()
    grant = approve(ask({"type": "usage_data", "services": "all"}, user=home.owner))
    inside = opened(agent, home)

    answer = client.post(f"{inside}/my/sharing/{grant.public_id}/stop/", {"action": "stop"})
    outside = client.post(f"/my/sharing/{grant.public_id}/stop/", {"action": "stop"})

    assert (answer.status_code, outside.status_code) == (403, 404)
    assert Grant.objects.get().status == GrantStatus.ACTIVE


def test_every_form_that_would_change_something_is_disabled(client, agent):
    home = household()
    grant = approve(ask({"type": "usage_data", "services": "all"}, user=home.owner))
    inside = opened(agent, home)

    page = html.fromstring(client.get(f"{inside}/my/sharing/{grant.public_id}/stop/").content.decode())

    buttons = page.xpath("//form[@method='post']//button")
    assert [button.get("value") for button in buttons] == ["stop", "keep"]
    assert all(button.get("disabled") is not None for button in buttons)


def test_no_address_that_works_without_a_login_reaches_the_agent(client, agent):
    home = household()
    grant = approve(ask({"type": "usage_data", "services": "all"}, user=home.owner))
    waiting = ask({"type": "bill_data", "services": "all"}, user=home.owner)
    inside = opened(agent, home)

    pages = [
        client.get(f"{inside}{path}").content.decode()
        for path in ("/my/", "/my/sharing/", f"/my/sharing/{grant.public_id}/")
    ]

    assert not [page for page in pages if f"/my/requests/{waiting.reference}/" in page]
    assert not [page for page in pages if re.search(r"/(receipts|oauth/authorize)/[\w-]{43}/", page)]
    assert f"/receipts/{grant.receipts.get().number}/" in pages[2]


def test_settings_and_pages_of_nobody_are_not_shown(client, agent):
    inside = opened(agent, household())

    assert client.get(f"{inside}/my/settings/").status_code == 404
    assert client.get(f"{inside}/admin/").status_code == 404
    assert client.get(f"{inside}/oauth/authorize/").status_code == 404
    assert client.get(f"{inside}/my/requests/kkkk-kkkk/").status_code == 404
    assert client.get(f"{inside}/").headers["Location"] == f"{inside}/my/"


def test_a_support_session_ends_and_is_nobody_elses(client, agent, time_machine):
    inside = opened(agent, household())
    another = StaffFactory()

    client.force_login(another)
    of_another = client.get(f"{inside}/my/")
    client.force_login(agent)
    time_machine.move_to(clock.now() + timedelta(minutes=31))
    client.force_login(agent)
    too_late = client.get(f"{inside}/my/")

    assert of_another.headers["Location"] == too_late.headers["Location"] == "/admin/"


def test_a_session_without_the_second_step_sees_nothing(client, agent, settings):
    inside = opened(agent, household())
    settings.STAFF_SECOND_FACTOR = True

    assert client.get(f"{inside}/my/").headers["Location"] == "/admin/"


def test_only_those_who_may_open_a_support_session_can(client):
    clerk = UserFactory(is_staff=True)
    clerk.user_permissions.set(Permission.objects.filter(codename="view_customer"))
    client.force_login(clerk)
    home = household()

    answer = client.get(f"/admin/accounts/customer/{home.customer.pk}/support-session/")
    forged = client.get(f"{opened(clerk, home)}/my/")

    assert answer.status_code == 403
    assert forged.headers["Location"] == "/admin/"


def test_customers_and_strangers_reach_nothing(client):
    home = household()
    inside = opened(StaffFactory(), home)

    stranger = client.get(f"{inside}/my/")
    client.force_login(home.owner)
    customer = client.get(f"{inside}/my/")

    assert stranger.headers["Location"].startswith("/accounts/login/")
    assert customer.status_code == 302
    assert "/my/" not in customer.headers["Location"]


def test_a_person_of_two_customers_has_a_support_session_at_each(agent):
    home = household()
    second = CustomerFactory()
    MembershipFactory(customer=second, user=home.owner)

    opened(agent, home)

    sessions = support_sessions_of(customer_ids=[home.customer.pk, second.pk])
    assert {session.customer_id for session in sessions} == {home.customer.pk, second.pk}
    assert {session.reason for session in sessions} == {"caller asks about a bill"}


def test_a_page_costs_three_queries_more_than_the_customers_own(client, agent):
    home = household()
    inside = opened(agent, home)
    with CaptureQueriesContext(connection) as session_queries:
        client.get(f"{inside}/my/sharing/")

    client.force_login(home.owner)
    with CaptureQueriesContext(connection) as own:
        client.get("/my/sharing/")

    assert len(session_queries) <= len(own) + 3


def test_a_file_that_leaves_with_the_agent_is_in_the_log(client, agent):
    home = household()
    grant = approve(ask({"type": "usage_data", "services": "all"}, user=home.owner))
    inside = opened(agent, home)

    client.get(f"{inside}/my/sharing/{grant.public_id}/reads.csv")

    assert StaffAction.objects.filter(verb="export", what__endswith="reads.csv").count() == 1

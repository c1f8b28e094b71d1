"""Staff pause a sharing and let it go on: with a reason, at once, and everybody concerned is told."""

import pytest
from django import forms
from django.contrib.auth.models import Permission

from accounts.mail.queue import words_of
from accounts.models import OutgoingMail, StaffAction
from cdsc_portal.lib.time import clock
from consent.admin.grant import ReasonsForm
from consent.models import ClientContact, Grant, GrantEvent, Message
from consent.services.revoke import resume_grant, suspend_grant
from tests.factories.accounts import UserFactory, household
from tests.factories.consent import GrantFactory, approve, ask

pytestmark = pytest.mark.django_db


@pytest.fixture
def grant():
    owner = household(owner=UserFactory(email="ada@example.com")).owner
    made = approve(ask({"type": "usage_data", "services": "all", "end": "+1y"}, user=owner))
    ClientContact.objects.create(client=made.client, user=UserFactory(email="dev@example.com"))
    return made


def page_of(grant, step="change"):
    return f"/admin/consent/grant/{grant.pk}/{step}/"


def status():
    return Grant.objects.get().status


def mails_and_message(step):
    """Who got which mail, and what the company reads behind its login."""
    mails = OutgoingMail.objects.filter(kind__in=(step, "client_message"))
    message = Message.objects.latest("pk")
    return sorted(mails.values_list("to", "kind")), f"{message.name}: {message.description}"


def test_a_sharing_is_paused_only_with_a_reason_and_both_sides_are_told(staff, grant):
    shown = staff.get(page_of(grant, "pause")).content.decode()
    without = staff.post(page_of(grant, "pause"), {"reason": " "})
    assert 'name="reason"' in shown and "gets nothing from the next call on" in shown
    assert "This field is required" in without.content.decode()
    assert status() == "active" and Message.objects.get().name == "Grant given"

    staff.post(page_of(grant, "pause"), {"reason": "a complaint of ours", "words": "We look into it."})

    assert status() == "suspended"
    event = GrantEvent.objects.get(to_status="suspended")
    assert (event.actor, event.reason, event.public_reason) == (
        "staff",
        "a complaint of ours",
        "We look into it.",
    )
    logged = StaffAction.objects.get()
    assert (logged.what, logged.reason, logged.by) == ("paused", "a complaint of ours", event.by)
    mails, message = mails_and_message("paused")
    assert mails == [("ada@example.com", "paused"), ("dev@example.com", "client_message")]
    assert message.startswith(f"Grant paused: The utility paused grant {grant.public_id}")
    assert "We look into it." in words_of(OutgoingMail.objects.get(kind="paused")).text
    assert "complaint" not in message + words_of(OutgoingMail.objects.get(kind="paused")).text


def test_a_paused_sharing_goes_on_with_a_reason_and_both_sides_are_told(staff, grant):
    staff.post(page_of(grant, "pause"), {"reason": "a complaint"})
    OutgoingMail.objects.all().delete()
    without = staff.post(page_of(grant, "resume"), {"reason": ""})
    assert "This field is required" in without.content.decode() and status() == "suspended"

    staff.post(page_of(grant, "resume"), {"reason": "it is settled"})

    assert status() == "active"
    assert [act.reason for act in StaffAction.objects.order_by("pk")] == ["a complaint", "it is settled"]
    mails, message = mails_and_message("resumed")
    assert mails == [("ada@example.com", "resumed"), ("dev@example.com", "client_message")]
    assert message.startswith(f"Grant resumed: The utility resumed grant {grant.public_id}")


def test_the_page_of_a_grant_offers_what_fits_its_state(staff, grant):
    def offered():
        page = staff.get(page_of(grant)).content.decode()
        return [step for step in ("stop", "pause", "resume") if f"/{step}" in page]

    running = offered()
    staff.post(page_of(grant, "pause"), {"reason": "a complaint"})
    paused = offered()
    staff.post(page_of(grant, "stop"), {"reason": "asked by phone"})

    assert (running, paused, offered()) == (["stop", "pause"], ["stop", "resume"], [])


@pytest.mark.parametrize(
    ("state", "step", "words"),
    [
        ("suspended", "pause", "cannot be paused as it is now"),
        ("active", "resume", "is not paused"),
        ("expired", "pause", "has ended already"),
        ("revoked", "resume", "has ended already"),
    ],
)
def test_a_second_click_and_an_ended_grant_change_nothing(staff, state, step, words):
    grant = GrantFactory(status=state)

    answer = staff.post(page_of(grant, step), {"reason": "once more"}, follow=True)

    assert words in answer.content.decode()
    assert status() == state
    assert not StaffAction.objects.exists() and not OutgoingMail.objects.exists()


@pytest.mark.parametrize(("step", "ends_as"), [(suspend_grant, "suspended"), (resume_grant, "active")])
def test_pausing_and_resuming_twice_tells_once(grant, step, ends_as):
    by, at = UserFactory(is_staff=True), clock.now()
    if step is resume_grant:
        suspend_grant(grant=grant, by=by, at=at, reason="a complaint")
    before = GrantEvent.objects.count(), Message.objects.count()

    for _ in range(2):
        step(grant=grant, by=by, at=at, reason="once")

    assert status() == ends_as
    assert (GrantEvent.objects.count(), Message.objects.count()) == (before[0] + 1, before[1] + 1)


@pytest.mark.parametrize("step", ["stop", "pause"])
def test_what_somebody_else_ends_at_the_same_moment_is_neither_done_nor_logged_again(
    staff, grant, step, monkeypatch
):
    def is_valid(form):
        Grant.objects.update(status="revoked")  # between the look at the page and the click
        return forms.Form.is_valid(form)

    monkeypatch.setattr(ReasonsForm, "is_valid", is_valid)
    written = GrantEvent.objects.count()

    answer = staff.post(page_of(grant, step), {"reason": "once more"}, follow=True)

    assert "has ended already" in answer.content.decode()
    assert not StaffAction.objects.exists() and GrantEvent.objects.count() == written


@pytest.mark.parametrize("step", ["pause", "resume"])
def test_staff_who_may_only_look_cannot_pause_or_resume(client, step):
    clerk = UserFactory(is_staff=True)
    clerk.user_permissions.set(Permission.objects.filter(codename="view_grant"))
    client.force_login(clerk)
    grant = GrantFactory(status="suspended" if step == "resume" else "active")

    answer = client.post(page_of(grant, step), {"reason": "curious"})

    assert answer.status_code == 403
    assert status() == grant.status
    assert f"/{step}" not in client.get(page_of(grant)).content.decode()

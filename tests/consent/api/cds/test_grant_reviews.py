"""What a third party wants more of a grant, where staff look at that first (R-150, R-163)."""

from datetime import timedelta

import pytest

from cdsc_portal.lib.time import clock
from consent.models import Grant, Message, Review, ScopeOffer
from consent.requests import AccessRequest
from consent.services.revoke import revoke_grant, suspend_grant
from consent.services.third_parties.grant_updates import grant_to_update
from tests.consent.api.cds.grant_steps import changed, opened, patch, uri
from tests.consent.api.reader import issue_token
from tests.factories.accounts import StaffFactory

pytestmark = pytest.mark.django_db
LONGER = [{"type": "usage_data", "end": "+2y"}, {"type": "bill_data"}]


@pytest.fixture
def reviewed(grant):
    """The grant, of whose usage data staff look at each wish for more."""
    ScopeOffer.objects.filter(offer_id="usage_data").update(reviews_wishes=True)
    return grant


@pytest.fixture
def staff(client):
    client.force_login(StaffFactory())
    return client


def wish(party, grant, **members):
    answer = patch(party, grant, **(members or {"authorization_details": LONGER}))
    assert answer.status_code == 202, answer.content
    grant.refresh_from_db()
    return answer.json()


def decide(staff, page, **form):
    review = Review.objects.get(status="waiting", kind="grant_changes")
    answer = staff.post(
        f"/admin/consent/review/{review.pk}/{page}/", {"reason": "We looked.", **form}, follow=True
    )
    assert answer.status_code == 200
    review.refresh_from_db()
    return review


def newest(grant) -> Message:
    return Message.objects.filter(grant=grant, type="request_update").latest("pk")


@pytest.mark.spec("R-163", "R-152", "R-154")
def test_a_wish_waits_and_what_is_allowed_goes_on(party, reviewed):
    token, before = issue_token(reviewed), party.get(uri(reviewed)).json()

    answered = wish(party, reviewed)

    assert (answered["status"], answered["eta"]) == ("pending", None)
    assert answered == party.get(uri(reviewed)).json()
    for member in ("enabled_scope", "enabled_authorization_details"):
        assert answered[member] == before[member]
    assert answered["authorization_details"] != before["authorization_details"]
    assert set(opened(token)) == {"usage_data", "bill_data"}
    review = Review.objects.get(kind="grant_changes")
    assert (review.grant, review.status, review.client) == (reviewed, "waiting", reviewed.client)
    message = review.message
    assert (message.type, message.status, message.related_type) == ("field_changes", "pending", "grant")
    assert message.related_uri.endswith(uri(reviewed))
    assert [each["field"] for each in message.updates_requested] == ["scope", "authorization_details"]


@pytest.mark.spec("R-150")
def test_staff_say_when_they_decide_and_the_grant_says_it_too(party, staff, reviewed):
    wish(party, reviewed)
    day = clock.now().date() + timedelta(days=3)

    review = decide(staff, "expect", expected=day.isoformat())

    shown = party.get(uri(reviewed)).json()
    assert shown["eta"] is not None and shown["eta"][:10] in (str(day), str(day + timedelta(days=1)))
    assert (review.status, shown["status"]) == ("waiting", "pending")
    assert (newest(reviewed).status, shown["eta"][:10] in newest(reviewed).description) == ("pending", True)
    decide(staff, "expect", expected="2020-01-01")
    assert party.get(uri(reviewed)).json()["eta"] == shown["eta"]
    decide(staff, "approve")
    assert party.get(uri(reviewed)).json()["eta"] is None


@pytest.mark.spec("R-160", "R-163")
def test_a_wish_that_staff_approve_needs_the_customer(party, staff, reviewed):
    wish(party, reviewed)

    review = decide(staff, "approve")

    shown = party.get(uri(reviewed)).json()
    assert (review.status, shown["status"]) == ("approved", "needs_authorization")
    assert shown["authorization_details"] != shown["enabled_authorization_details"]
    assert (newest(reviewed).status, newest(reviewed).related_type) == ("complete", "grant")


@pytest.mark.spec("R-110", "R-163")
def test_a_wish_that_staff_refuse_is_gone_with_the_reason(party, staff, reviewed):
    before = party.get(uri(reviewed)).json()
    wish(party, reviewed)

    decide(staff, "refuse", reason="No contract for so long.")

    shown = party.get(uri(reviewed)).json()
    assert {**shown, "modified": 0} == {**before, "modified": 0}
    assert (newest(reviewed).status, newest(reviewed).description) == ("rejected", "No contract for so long.")
    names = list(Message.objects.filter(grant=reviewed).values_list("name", flat=True))
    assert "Wish refused" in names


@pytest.mark.spec("R-163")
def test_a_newer_wish_takes_the_place_of_one_that_waits(party, staff, reviewed):
    wish(party, reviewed)
    decide(staff, "expect", expected=(clock.now().date() + timedelta(days=3)).isoformat())

    answered = wish(party, reviewed, authorization_details=[{"type": "usage_data", "end": "+3y"}, LONGER[1]])

    assert answered["eta"] is None
    statuses = Review.objects.filter(kind="grant_changes").order_by("pk").values_list("status", flat=True)
    assert list(statuses) == ["withdrawn", "waiting"]


@pytest.mark.spec("R-159", "R-162", "R-163")
def test_less_never_waits_and_takes_the_wish_back(party, reviewed):
    wish(party, reviewed)

    answered = changed(party, reviewed, scope="bill_data")

    assert (answered["status"], answered["scope"], answered["enabled_scope"]) == (
        "active",
        "bill_data",
        "bill_data",
    )
    assert Review.objects.get(kind="grant_changes").status == "withdrawn"


def test_more_of_another_scope_does_not_wait(party, grant):
    ScopeOffer.objects.filter(offer_id="bill_data").update(reviews_wishes=True)

    assert changed(party, grant, authorization_details=LONGER)["status"] == "needs_authorization"
    assert not Review.objects.filter(kind="grant_changes").exists()


@pytest.mark.spec("R-163")
@pytest.mark.parametrize("end", ["stopped", "closed", "paused"])
def test_what_ends_or_pauses_the_grant_takes_the_wish_out_of_the_queue(party, reviewed, end):
    wish(party, reviewed)
    Grant.objects.filter(pk=reviewed.pk).update(eta=clock.now())

    if end == "stopped":
        revoke_grant(grant=reviewed, by=None, actor="link", at=clock.now())
    elif end == "closed":
        changed(party, reviewed, status="closed")
    else:
        suspend_grant(grant=reviewed, by=StaffFactory(), at=clock.now(), reason="A complaint")

    assert Review.objects.get(kind="grant_changes").status == "withdrawn"
    assert newest(reviewed).status == "rejected"
    assert Grant.objects.get(pk=reviewed.pk).eta is None


@pytest.mark.spec("R-167")
def test_nobody_is_asked_for_a_wish_that_staff_have_not_decided(party, reviewed):
    wish(party, reviewed)
    request = AccessRequest(reviewed.scope, ())

    assert grant_to_update(reviewed.public_id, client=reviewed.client, access=request, at=clock.now()) is None


def test_staff_say_when_they_decide_on_a_registration(party, staff):
    review = Review.objects.get(kind="registration")
    day = (clock.now().date() + timedelta(days=3)).isoformat()

    staff.post(f"/admin/consent/review/{review.pk}/expect/", {"expected": day})

    review.refresh_from_db()
    assert review.expected is not None
    assert Message.objects.filter(registration=party.registration, name="When we decide").exists()

"""What staff do is in a log that they cannot change: who, when, before and after, and why (P-23)."""

import pytest
from django.db import IntegrityError, connection, transaction

from accounts.models import StaffAction, StaffVerb, SupportSession
from accounts.services.staff_actions import MASKED, record_staff_action
from accounts.services.support_sessions import start_support_session
from cdsc_portal.lib.time import clock
from datahub.models import Feed
from tests.factories.accounts import CustomerFactory, StaffFactory, household
from tests.factories.feeds import FeedFactory

pytestmark = [pytest.mark.django_db, pytest.mark.spec("P-23")]


def done() -> StaffAction:
    return record_staff_action(
        by=StaffFactory(),
        verb=StaffVerb.ACT,
        on=CustomerFactory(),
        what="told",
        reason="asked",
        at=clock.now(),
    )


def test_an_edit_is_logged_with_before_and_after(staff):
    feed = FeedFactory(name="Readings", format="usage_csv_long")

    staff.post(
        f"/admin/datahub/feed/{feed.pk}/change/",
        {"name": "Readings", "format": "usage_csv_long", "time_zone": "America/Denver", "settings": "{}"},
    )

    logged = StaffAction.objects.get()
    assert Feed.objects.get().time_zone == "America/Denver"
    assert (logged.verb, logged.model, logged.key) == ("change", "datahub.feed", str(feed.pk))
    assert logged.changes == [["time_zone", "America/Los_Angeles", "America/Denver"]]


def test_names_of_people_stand_apart_from_the_facts(staff):
    customer = CustomerFactory(name="Robin Sample")
    form = {"customer_number": customer.customer_number, "name": "Robin Other"}
    inlines = {
        f"{prefix}-{name}": value
        for prefix in ("billing_accounts", "memberships")
        for name, value in (("TOTAL_FORMS", "0"), ("INITIAL_FORMS", "0"))
    }

    staff.post(f"/admin/accounts/customer/{customer.pk}/change/", {**form, **inlines})

    logged = StaffAction.objects.get()
    assert logged.changes == []
    assert logged.personal["changes"] == [["name", "Robin Sample", "Robin Other"]]
    assert "Robin" not in f"{logged} {logged.what} {logged.reason}"


def test_a_role_that_is_taken_away_is_logged(staff):
    home = household()
    membership = home.customer.memberships.get()
    form = {"customer_number": home.customer.customer_number, "name": home.customer.name}
    rows = {
        "billing_accounts-TOTAL_FORMS": "0",
        "billing_accounts-INITIAL_FORMS": "0",
        "memberships-TOTAL_FORMS": "1",
        "memberships-INITIAL_FORMS": "1",
        "memberships-0-id": membership.pk,
        "memberships-0-customer": home.customer.pk,
        "memberships-0-user": home.owner.pk,
        "memberships-0-role": "owner",
        "memberships-0-DELETE": "on",
    }

    staff.post(f"/admin/accounts/customer/{home.customer.pk}/change/", {**form, **rows})

    lines = {field: (before, after) for field, before, after in StaffAction.objects.get().changes}
    assert not home.customer.memberships.exists()
    assert lines[f"membership {membership.pk}.role"] == ("owner", "")
    assert lines[f"membership {membership.pk}.user"] == (f"user {home.owner.pk}", "")


def test_secrets_are_masked():
    logged = record_staff_action(
        by=StaffFactory(),
        verb=StaffVerb.CHANGE,
        on=FeedFactory(),
        changes=[("password", "old one", "new one"), ("client_secret", "", "x")],
        at=clock.now(),
    )

    assert logged.changes == [["password", MASKED, MASKED], ["client_secret", "", MASKED]]


@pytest.mark.parametrize(
    "change", [{"what": "nothing"}, {"changes": [["a", "b", "c"]]}, {"reason": "another"}]
)
def test_the_database_refuses_to_rewrite_a_line(change):
    logged = done()

    with pytest.raises(IntegrityError), transaction.atomic():
        StaffAction.objects.filter(pk=logged.pk).update(**change)


def test_the_database_refuses_to_delete_a_line():
    logged = done()

    with pytest.raises(IntegrityError), transaction.atomic():
        logged.delete()
    with pytest.raises(IntegrityError), transaction.atomic():
        StaffAction.objects.all().delete()


def test_an_erasure_can_blank_what_names_a_person_and_nothing_else():
    logged = done()

    with connection.cursor() as cursor:
        cursor.execute("SELECT erase_staff_actions(%s)", [[logged.pk]])
    with pytest.raises(IntegrityError), transaction.atomic():
        StaffAction.objects.filter(pk=logged.pk).update(personal={"label": "someone else"})

    logged.refresh_from_db()
    assert (logged.personal, logged.reason, logged.what) == ({}, "", "told")


def test_a_support_session_stays_too():
    home = household()
    start_support_session(person=home.owner, by=StaffFactory(), reason="asked", at=clock.now())

    with pytest.raises(IntegrityError), transaction.atomic():
        SupportSession.objects.all().delete()
    with pytest.raises(IntegrityError), transaction.atomic():
        SupportSession.objects.update(reason="")


def test_nobody_edits_or_deletes_a_line_on_its_page(staff):
    logged = done()
    page = f"/admin/accounts/staffaction/{logged.pk}"

    shown = staff.get(f"{page}/change/")

    assert shown.status_code == 200
    assert staff.post(f"{page}/change/", {"what": "nothing"}).status_code == 403
    assert staff.post(f"{page}/delete/", {"post": "yes"}).status_code == 403
    assert staff.get("/admin/accounts/staffaction/add/").status_code == 403


def test_loading_a_feed_writes_no_line():
    household()

    assert not StaffAction.objects.exists()

"""A role that staff give or take away has the same effects as one that people give or end themselves."""

from datetime import timedelta

import pytest
from django.urls import reverse
from lxml import html

from accounts.models import Membership, OutgoingMail, Role, RoleEvent, RoleVerb, User
from cdsc_portal.lib.time import clock
from consent.models import Grant
from consent.transitions import OPEN
from tests.factories.accounts import MembershipFactory, StaffFactory, UserFactory, household
from tests.factories.consent import approve, ask

pytestmark = [pytest.mark.django_db, pytest.mark.spec("P-15")]


@pytest.fixture
def staff(client):
    client.force_login(StaffFactory(name="Sam Agent"))
    return client


def roles_of(user: User, *, first: dict[str, object], new: int = 0) -> dict[str, object]:
    """The form of a person's page, with one stored role."""
    held = user.memberships.get() if not new else None
    stored = (
        {"memberships-0-id": held.pk, "memberships-0-user": user.pk}
        if held
        else {"memberships-0-user": user.pk}
    )
    return {
        "name": user.name,
        "language": "en",
        "is_active": "on",
        "memberships-TOTAL_FORMS": "1",
        "memberships-INITIAL_FORMS": "0" if new else "1",
        **stored,
        **{f"memberships-0-{name}": value for name, value in first.items()},
    }


def page_of(user: User) -> str:
    return reverse("admin:accounts_user_change", args=[user.pk])


def shared(home) -> Grant:
    return approve(ask({"type": "usage_data", "services": "all"}, user=home.owner))


def test_what_an_owner_shared_ends_when_staff_take_the_role_away(staff):
    home = household()
    grant = shared(home)

    staff.post(
        page_of(home.owner),
        roles_of(home.owner, first={"customer": home.customer.pk, "role": Role.OWNER, "DELETE": "on"}),
    )

    grant.refresh_from_db()
    assert not Membership.objects.exists()
    assert grant.status not in OPEN
    assert RoleEvent.objects.get().verb == RoleVerb.ENDED


def test_an_owner_who_becomes_a_viewer_shares_nothing_any_more(staff):
    home = household()
    grant = shared(home)

    staff.post(
        page_of(home.owner), roles_of(home.owner, first={"customer": home.customer.pk, "role": Role.VIEWER})
    )

    grant.refresh_from_db()
    assert Membership.objects.get().role == Role.VIEWER
    assert grant.status not in OPEN
    assert RoleEvent.objects.get().verb == RoleVerb.CHANGED


def test_an_owner_who_stays_one_keeps_what_they_shared(staff):
    home = household()
    grant = shared(home)

    staff.post(
        page_of(home.owner),
        roles_of(home.owner, first={"customer": home.customer.pk, "role": Role.OWNER, "may_share": "on"}),
    )

    grant.refresh_from_db()
    assert grant.status in OPEN


@pytest.mark.spec("P-16")
def test_the_owners_are_told_of_a_delegate_whom_staff_add(staff):
    home, helper = household(), UserFactory()
    until = clock.now() + timedelta(days=30)
    OutgoingMail.objects.all().delete()

    staff.post(
        page_of(helper),
        roles_of(
            helper,
            new=1,
            first={
                "customer": home.customer.pk,
                "role": Role.DELEGATE,
                "until_0": f"{until:%Y-%m-%d}",
                "until_1": "12:00",
            },
        ),
    )

    assert helper.memberships.get().role == Role.DELEGATE
    assert home.owner.email in OutgoingMail.objects.values_list("to", flat=True)


def test_the_history_names_the_utility_and_no_agent(staff, client):
    home = household()
    other = UserFactory(name="Jo Viewer")
    MembershipFactory(customer=home.customer, user=other, role=Role.VIEWER)
    staff.post(page_of(other), roles_of(other, first={"customer": home.customer.pk, "role": Role.OWNER}))

    client.force_login(home.owner)
    page = client.get("/my/people/").content.decode()

    assert "changed the role of Jo Viewer" in page
    assert "Sam Agent" not in page


def test_an_older_file_does_not_undo_a_role(staff):
    home = household()
    before = home.owner.memberships.get().version_at

    staff.post(
        page_of(home.owner), roles_of(home.owner, first={"customer": home.customer.pk, "role": Role.VIEWER})
    )

    after = home.owner.memberships.get().version_at
    assert after is not None
    assert before is None or after > before


@pytest.mark.spec("P-23")
def test_no_form_but_the_one_with_a_reason_changes_a_customers_address(staff):
    user = UserFactory(email="robin@example.com")

    form = {"email": "mallory@example.com", "name": "Robin", "language": "en", "is_active": "on"}
    rows = {"memberships-TOTAL_FORMS": "0", "memberships-INITIAL_FORMS": "0"}
    staff.post(page_of(user), {**form, **rows})

    user.refresh_from_db()
    assert (user.name, user.email) == ("Robin", "robin@example.com")


@pytest.mark.spec("P-36")
def test_staff_save_the_page_of_an_owner_under_notice_and_take_the_notice_back(staff):
    home = household()
    Membership.objects.update(until=clock.now() + timedelta(days=14))
    url = page_of(home.owner)
    (form,) = (
        form for form in html.fromstring(staff.get(url).content.decode()).forms if "name" in form.fields
    )
    values = dict(form.form_values())

    saved = staff.post(url, values | {"name": "Robin New"})

    assert saved.status_code == 302 and User.objects.get(pk=home.owner.pk).name == "Robin New"
    assert Membership.objects.exclude(until=None).exists()
    dates = {name: "" for name in values if name.startswith("memberships-0-until")}
    assert dates
    staff.post(url, values | dates | {"memberships-0-is_account_holder": "on"})
    assert Membership.objects.filter(until=None, is_account_holder=True).exists()

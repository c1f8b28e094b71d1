"""What support does for people: unlock, invite again, correct an address, issue a code; each with a reason."""

import pytest
from django.contrib.auth.models import Permission

from accounts.models import ActivationCode, OutgoingMail, StaffAction, User
from accounts.services.activation import ask_for_code
from accounts.services.sign_in_locks import PASSWORD, LockedError, Origin, count_try, locked_until
from cdsc_portal.lib.time import clock
from tests.factories.accounts import StaffFactory, UserFactory, household

pytestmark = [pytest.mark.django_db, pytest.mark.spec("P-23")]
PEOPLE = "/admin/accounts/user/"


def locked(user: User) -> User:
    with pytest.raises(LockedError):
        for _turn in range(10):
            count_try(kind=PASSWORD, of=user.email, origin=Origin("198.51.100.7"), at=clock.now())
    return user


def test_unlocking_repeats_the_count_and_the_effect_and_needs_a_reason(staff):
    people = [locked(UserFactory()), UserFactory()]
    ticked = {"action": "unlock_people", "_selected_action": [user.pk for user in people]}

    shown = staff.post(PEOPLE, ticked).content.decode()
    without = staff.post(PEOPLE, {**ticked, "confirmed": "yes", "reason": ""}).content.decode()
    still = locked_until(people[0], at=clock.now())
    staff.post(PEOPLE, {**ticked, "confirmed": "yes", "reason": "called back"})

    assert "2 people can try to log in again" in shown
    assert all(str(user) in shown for user in people)
    assert "This field is required" in without
    assert still is not None
    assert locked_until(people[0], at=clock.now()) is None
    assert {act.reason for act in StaffAction.objects.all()} == {"called back"}


def test_support_does_not_unlock_a_colleague(client):
    clerk, colleague = UserFactory(is_staff=True), locked(StaffFactory())
    clerk.user_permissions.set(Permission.objects.filter(codename__in=["view_user", "help_sign_in"]))
    client.force_login(clerk)

    ticked = {"action": "unlock_people", "_selected_action": [colleague.pk]}
    client.post(PEOPLE, {**ticked, "confirmed": "yes", "reason": "asked in the hall"})

    assert locked_until(colleague, at=clock.now()) is not None


def test_an_invitation_goes_out_again_to_those_without_a_password(staff):
    waiting = UserFactory(password=None)
    done = UserFactory()
    ticked = {"action": "send_invitation_again", "_selected_action": [waiting.pk, done.pk]}

    staff.post(PEOPLE, {**ticked, "confirmed": "yes", "reason": "lost it"})

    assert [mail.user_id for mail in OutgoingMail.objects.filter(kind="invitation")] == [waiting.pk]
    assert StaffAction.objects.get().key == str(waiting.pk)


def test_an_address_is_corrected_once_the_person_is_known_and_the_old_one_is_told(staff):
    user = UserFactory(email="robin@exmaple.com")
    url = f"{PEOPLE}{user.pk}/address/"

    without = staff.post(url, {"email": "robin@example.com", "reason": "typing error"})
    staff.post(
        url,
        {"email": "robin@example.com", "identity": "called back", "reason": "typing error"},
    )

    user.refresh_from_db()
    logged = StaffAction.objects.get()
    assert without.status_code == 200
    assert user.email == "robin@example.com"
    assert user.session_round == 1
    assert {mail.to for mail in OutgoingMail.objects.filter(kind="sign_in")} == {
        "robin@exmaple.com",
        "robin@example.com",
    }
    assert logged.personal["changes"] == [["email", "robin@exmaple.com", "robin@example.com"]]
    assert (logged.changes, logged.reason) == ([], "typing error")


def test_an_address_of_another_login_is_refused(staff):
    user, other = UserFactory(), UserFactory()
    form = {"email": other.email, "identity": "called back", "reason": "typing error"}

    taken = staff.post(f"{PEOPLE}{user.pk}/address/", form)

    assert "Another login has this address" in taken.content.decode()
    assert not StaffAction.objects.exists()


@pytest.mark.parametrize(
    ("permissions", "of", "status"),
    [
        (["help_sign_in"], {"is_staff": True}, 403),
        (["help_sign_in", "manage_staff"], {"is_staff": True}, 302),
        (["help_sign_in", "manage_staff"], {"is_staff": True, "is_superuser": True}, 403),
    ],
)
def test_a_colleagues_address_is_for_who_manages_staff_and_tells_both(client, permissions, of, status):
    clerk, colleague = UserFactory(is_staff=True), UserFactory(email="sam@example.com", **of)
    clerk.user_permissions.set(
        Permission.objects.filter(codename__in=["view_user", "change_user", *permissions])
    )
    client.force_login(clerk)
    form = {"email": "sam.new@example.com", "identity": "met in person", "reason": "new name"}

    answer = client.post(f"{PEOPLE}{colleague.pk}/address/", form)

    colleague.refresh_from_db()
    was_done = status == 302
    assert answer.status_code == status
    assert (colleague.email, colleague.session_round) == (
        ("sam.new@example.com", 1) if was_done else ("sam@example.com", 0)
    )
    recipients = {mail.to for mail in OutgoingMail.objects.filter(kind="sign_in")}
    assert recipients == ({"sam@example.com", "sam.new@example.com"} if was_done else set())


def test_no_form_changes_a_colleagues_address(staff):
    colleague = StaffFactory(email="sam@example.com")

    page = staff.get(f"{PEOPLE}{colleague.pk}/change/").content.decode()

    assert 'name="email"' not in page


def test_a_code_for_a_first_login_is_shown_once_to_who_hands_it_out_and_never_logged(staff):
    home = household()
    offered = ask_for_code(
        customer=home.customer, role="owner", way="told", reason="no mail", by=StaffFactory(), at=clock.now()
    )

    page = staff.get(f"/admin/accounts/activationcode/{offered.pk}/hand-out/").content.decode()
    answer = staff.post(f"/admin/accounts/activationcode/{offered.pk}/hand-out/")

    code = answer.context["code"]
    assert "no mail" in page and "activation-code" not in page
    assert code in answer.content.decode()
    assert "no-store" in answer.headers["Cache-Control"]
    assert code not in str(StaffAction.objects.values_list())


@pytest.mark.parametrize("way", ["mail", "letter"])
def test_a_code_goes_to_what_is_on_file(staff, way):
    home = household()
    choice = f"mail-{home.owner.pk}" if way == "mail" else "letter-0"
    where = f"/admin/accounts/customer/{home.customer.pk}/code/"

    elsewhere = staff.post(where, {"role": "viewer", "way": "mail-0", "reason": "asked"})
    staff.post(where, {"role": "viewer", "way": choice, "reason": "asked"})

    offered = ActivationCode.objects.get()
    assert "Select a valid choice" in elsewhere.content.decode()
    assert (offered.way, offered.address) == (way, "" if way == "mail" else home.account.address)
    assert offered.is_to_hand_out == (way == "letter")
    assert {mail.to for mail in OutgoingMail.objects.filter(kind="sign_in")} == (
        {home.owner.email} if way == "mail" else set()
    )


@pytest.mark.parametrize("path", ["user/{user}/address/", "customer/{customer}/code/"])
def test_who_may_only_look_does_none_of_it(client, path):
    home = household()
    clerk = UserFactory(is_staff=True)
    clerk.user_permissions.set(Permission.objects.filter(codename__in=["view_user", "view_customer"]))
    client.force_login(clerk)

    answer = client.post("/admin/accounts/" + path.format(user=home.owner.pk, customer=home.customer.pk))
    client.post(
        PEOPLE,
        {"action": "unlock_people", "_selected_action": home.owner.pk, "confirmed": "yes", "reason": "x"},
    )

    assert answer.status_code == 403
    assert not StaffAction.objects.exists()

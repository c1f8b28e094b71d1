"""What support does for people: unlock, invite again, correct an address, issue a code; each with a reason."""

import pytest
from django.contrib.auth.models import Permission

from accounts.models import ActivationCode, SignInMail, StaffAction, User
from accounts.services.sign_in_locks import PASSWORD, LockedError, count_try, locked_until
from cdsc_portal.lib import clock
from tests.factories.accounts import StaffFactory, UserFactory, household

pytestmark = [pytest.mark.django_db, pytest.mark.spec("P-23")]
PEOPLE = "/admin/accounts/user/"


def locked(user: User) -> User:
    with pytest.raises(LockedError):
        for _turn in range(10):
            count_try(kind=PASSWORD, of=user.email, at=clock.now())
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
    assert {one.reason for one in StaffAction.objects.all()} == {"called back"}


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

    assert [user.pk for user in User.objects.exclude(invitation_due=None)] == [waiting.pk]
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
    assert SignInMail.objects.get().to == "robin@exmaple.com"
    assert logged.personal["changes"] == [["email", "robin@exmaple.com", "robin@example.com"]]
    assert (logged.changes, logged.reason) == ([], "typing error")


def test_an_address_of_another_login_or_of_a_colleague_is_refused(staff):
    user, other, colleague = UserFactory(), UserFactory(), StaffFactory()
    form = {"email": other.email, "identity": "called back", "reason": "typing error"}

    taken = staff.post(f"{PEOPLE}{user.pk}/address/", form)

    assert "Another login has this address" in taken.content.decode()
    assert staff.post(f"{PEOPLE}{colleague.pk}/address/", form).status_code == 404
    assert not StaffAction.objects.exists()


def test_a_code_for_a_first_login_is_told_once_and_never_logged(staff):
    home = household()

    answer = staff.post(
        f"/admin/accounts/customer/{home.customer.pk}/code/", {"role": "owner", "reason": "no mail on file"}
    )

    code = answer.context["code"]
    assert code in answer.content.decode()
    assert "no-store" in answer.headers["Cache-Control"]
    assert ActivationCode.objects.get().customer == home.customer
    assert code not in str(StaffAction.objects.values_list())


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

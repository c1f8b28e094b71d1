"""Sessions at rest, and when they end: idle or old, customers' and staff's."""

import hashlib
from datetime import timedelta

import pytest
import time_machine
from django.contrib.sessions.backends.base import UpdateError
from django.contrib.sessions.models import Session as OldSession
from django.core.cache import cache
from django.test import Client as Browser

from accounts.models import Session, User
from accounts.services.sessions import delete_dead_sessions
from accounts.sign_in.sessions import SessionStore
from cdsc_portal.lib.secrets.sealed import unseal
from cdsc_portal.lib.time import clock
from tests.factories.accounts import PASSWORD, StaffFactory, UserFactory
from tests.factories.sign_in import app_code, mailed_code, with_app

LOGIN, STEP, STAY = "/accounts/login/", "/accounts/login/second-step/", "/accounts/stay/"

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _no_limits_left_over():
    cache.clear()


@pytest.fixture
def traveller():
    with time_machine.travel(clock.now(), tick=False) as traveller:
        yield traveller


def logged_in(user):
    browser = Browser()
    browser.post(LOGIN, {"login": user.email, "password": PASSWORD})
    return browser


def is_in(browser):
    return browser.post(STAY).status_code == 204


def used_for(traveller, browser, *, every, total):
    """Whether the login still stands after a call each `every` until `total` is over."""
    gone = timedelta()
    while gone < total:
        traveller.shift(every)
        gone += every
        if not is_in(browser):
            return False
    return True


@pytest.mark.spec("X-18")
def test_the_table_holds_the_digest_of_the_id_and_its_data_sealed(client):
    client.post("/accounts/login/code/", {"email": UserFactory(email="ana@example.com").email})
    secret, code = client.cookies["sessionid"].value, mailed_code()

    row = Session.objects.get()

    assert row.digest == hashlib.sha256(secret.encode()).hexdigest()
    assert code in unseal(row.data, purpose="session")  # which is why it is sealed
    assert not OldSession.objects.exists()


@pytest.mark.spec("X-18")
def test_what_stands_in_the_table_opens_no_session(client):
    client.force_login(UserFactory())
    digest = Session.objects.get().digest

    thief = Browser()
    thief.cookies["sessionid"] = digest

    assert not is_in(thief)
    assert is_in(client)


def test_a_session_id_that_nobody_gave_out_is_not_taken_over(client):
    client.cookies["sessionid"] = "chosenbyastranger0123456789abcdef"

    client.post(LOGIN, {"login": UserFactory().email, "password": PASSWORD})

    assert client.cookies["sessionid"].value != "chosenbyastranger0123456789abcdef"


def test_a_login_gets_a_new_id_and_the_old_one_is_dead(client):
    client.get(LOGIN, {"next": "/oauth/authorize/a-key/"})
    before = client.cookies["sessionid"].value

    client.post(LOGIN, {"login": UserFactory().email, "password": PASSWORD})

    assert client.cookies["sessionid"].value != before
    assert not SessionStore().exists(before)


def test_logging_out_deletes_the_row(client):
    client.force_login(UserFactory())
    secret = client.cookies["sessionid"].value

    client.post("/accounts/logout/")

    assert not SessionStore().exists(secret)


def test_a_session_that_was_deleted_meanwhile_is_not_written_again(client):
    client.force_login(UserFactory())
    store = SessionStore(client.cookies["sessionid"].value)
    store["a"] = 1

    Session.objects.all().delete()

    with pytest.raises(UpdateError):
        store.save()


@pytest.mark.spec("P-08", "P-32")
def test_a_call_that_changed_nothing_does_not_undo_what_one_beside_it_saved(client):
    client.force_login(UserFactory())
    slow, quick = (SessionStore(client.session.session_key) for _call in range(2))
    assert "form" not in slow
    quick["form"] = "ticks"
    quick.save()

    slow.save()

    assert client.session["form"] == "ticks"


def test_data_sealed_with_another_key_is_an_empty_session(client, settings):
    client.force_login(UserFactory())

    settings.SECRET_KEY = "another one, of fifty characters and more, all of it"

    assert not is_in(client)


def test_a_customers_login_ends_two_hours_after_the_last_call(traveller):
    browser = logged_in(UserFactory())

    traveller.shift(timedelta(hours=2, seconds=-1))
    assert is_in(browser)
    traveller.shift(timedelta(hours=2, seconds=1))
    assert not is_in(browser)


def test_a_customers_login_ends_after_twelve_hours_however_busy(traveller):
    browser = logged_in(UserFactory())

    assert used_for(traveller, browser, every=timedelta(minutes=59), total=timedelta(hours=11))
    assert not used_for(traveller, browser, every=timedelta(minutes=20), total=timedelta(hours=1))


def test_a_staff_login_ends_thirty_minutes_after_the_last_call(traveller):
    browser = logged_in(StaffFactory())

    traveller.shift(timedelta(minutes=29))
    assert is_in(browser)
    traveller.shift(timedelta(minutes=30, seconds=1))
    assert not is_in(browser)


def test_a_staff_login_ends_after_eight_hours_however_busy(traveller):
    browser = logged_in(StaffFactory())

    assert used_for(traveller, browser, every=timedelta(minutes=28), total=timedelta(hours=7, minutes=25))
    assert not used_for(traveller, browser, every=timedelta(minutes=20), total=timedelta(minutes=40))


def test_the_ends_are_settings(traveller, settings):
    settings.STAFF_SESSION_HOURS, settings.STAFF_IDLE_MINUTES, settings.SESSION_HOURS = 1, 10, 3
    staff, idle, customer = logged_in(StaffFactory()), logged_in(StaffFactory()), logged_in(UserFactory())

    assert used_for(traveller, staff, every=timedelta(minutes=9), total=timedelta(minutes=54))
    assert not is_in(idle)
    assert is_in(customer)
    traveller.shift(timedelta(minutes=7))
    assert not is_in(staff)
    assert used_for(traveller, customer, every=timedelta(minutes=50), total=timedelta(minutes=100))
    traveller.shift(timedelta(minutes=20))
    assert not is_in(customer)


def test_a_new_password_keeps_this_login_and_its_end(traveller):
    browser = logged_in(UserFactory())
    traveller.shift(timedelta(hours=1))

    browser.post("/accounts/again/", {"password": PASSWORD})
    changed = {
        "oldpassword": PASSWORD,
        "password1": "lanterns over the canal",
        "password2": "lanterns over the canal",
    }
    assert browser.post("/accounts/password/change/", changed).status_code == 302

    assert used_for(traveller, browser, every=timedelta(hours=1), total=timedelta(hours=10))
    assert not used_for(traveller, browser, every=timedelta(minutes=30), total=timedelta(minutes=60))


def test_a_page_that_renews_itself_keeps_no_login(traveller):
    browser = logged_in(StaffFactory())

    for _ in range(3):
        traveller.shift(timedelta(minutes=9))
        assert browser.get("/my/settings/", headers={"X-Background": "1"}).status_code == 200
    traveller.shift(timedelta(minutes=4))

    assert not is_in(browser)


def test_who_becomes_staff_logs_in_anew(client):
    user = UserFactory()
    client.force_login(user)

    User.objects.filter(pk=user.pk).update(is_staff=True)

    assert not is_in(client)


def test_the_proof_of_the_second_step_does_not_outlive_the_session(traveller, settings):
    settings.STAFF_SECOND_FACTOR = True
    staff = with_app(StaffFactory())
    browser = logged_in(staff)
    browser.post(STEP, {"code": app_code()})
    assert browser.get("/admin/").status_code == 200

    for _ in range(16):  # another way in renews the session, not the proof
        traveller.shift(timedelta(minutes=29))
        session = browser.session
        session["login_began"] = clock.now().timestamp()
        session.save()
        is_in(browser)
    assert browser.get("/admin/").status_code == 200
    traveller.shift(timedelta(minutes=20))

    assert is_in(browser)
    assert browser.get("/admin/").status_code == 302


def test_rows_of_sessions_that_ended_are_deleted(traveller):
    logged_in(UserFactory())
    assert delete_dead_sessions(at=clock.now()) == 0

    assert delete_dead_sessions(at=clock.now() + timedelta(hours=2, seconds=1)) >= 1
    assert not Session.objects.exists()

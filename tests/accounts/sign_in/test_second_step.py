"""The authenticator app, recovery codes, and what staff need before their pages."""

import pytest
from allauth.mfa.models import Authenticator
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.services.enrolment import issue_link
from accounts.services.sign_in_locks import unlock
from cdsc_portal.lib.time import clock
from tests.factories.accounts import PASSWORD, StaffFactory, UserFactory
from tests.factories.sign_in import APP_SECRET, app_code, recovery_code, sent_mail, with_app

LOGIN, STEP = "/accounts/login/", "/accounts/login/second-step/"

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _no_limits_left_over():
    cache.clear()


@pytest.fixture
def strict(settings):
    settings.STAFF_SECOND_FACTOR = True


def log_in(client, user, **more):
    return client.post(LOGIN, {"login": user.email, "password": PASSWORD, **more})


def test_after_the_password_the_apps_code_opens_the_login(client):
    user = with_app(UserFactory())

    assert log_in(client, user, next="/help/")["Location"] == STEP
    assert "_auth_user_id" not in client.session
    assert client.post(STEP, {"code": app_code()})["Location"] == "/help/"
    assert client.session["_auth_user_id"] == str(user.pk)


def test_a_recovery_code_opens_the_login_once(client):
    user = with_app(UserFactory())
    code = recovery_code(user)

    log_in(client, user)
    assert client.post(STEP, {"code": code}).status_code == 302
    client.post("/accounts/logout/")
    log_in(client, user)

    assert "This code is not right." in client.post(STEP, {"code": code}).content.decode()


def test_five_wrong_codes_lock_the_step_and_a_new_password_login_does_not_start_anew(client):
    user = with_app(UserFactory())
    log_in(client, user)
    for _ in range(5):
        client.post(STEP, {"code": "000000"})
    client.post("/accounts/logout/")
    log_in(client, user)

    assert (
        "Too many attempts to log in. Wait until" in client.post(STEP, {"code": app_code()}).content.decode()
    )
    unlock(user)
    assert client.post(STEP, {"code": app_code()}).status_code == 302


@pytest.mark.spec("F-36", "F-37")
def test_the_step_offers_the_way_out_and_another_way(client):
    user = with_app(UserFactory())
    log_in(client, user, next="/oauth/authorize/a-key/")

    text = client.get(STEP).content.decode()

    assert 'href="/oauth/authorize/a-key/cancel/"' in text
    again = client.post("/accounts/logout/", {"next": "/accounts/login/?next=%2Fhelp%2F"})
    assert again["Location"] == "/accounts/login/?next=%2Fhelp%2F"
    assert "Log in" in client.get(again["Location"]).content.decode()


@pytest.mark.spec("X-18")
def test_the_apps_secret_is_sealed():
    user = with_app(UserFactory())

    assert APP_SECRET not in str(list(Authenticator.objects.filter(user=user).values()))


def test_staff_without_a_second_step_are_led_to_set_one_up_and_then_on(
    client, strict, django_capture_on_commit_callbacks
):
    staff = StaffFactory()
    client.get(reverse("second_step_link", args=[issue_link(user=staff, by=None, at=clock.now())]))
    log_in(client, staff, next="/admin/accounts/user/")

    door = client.get("/admin/accounts/user/", follow=True)
    assert "Set up a second step" in door.content.decode()
    add = "/accounts/app/add/?next=%2Fadmin%2Faccounts%2Fuser%2F"
    assert add in door.content.decode().replace("&amp;", "&")
    client.get(add)
    with django_capture_on_commit_callbacks(execute=True):
        set_up = client.post(
            add, {"code": app_code(client.session["mfa.totp.secret"]), "next": "/admin/accounts/user/"}
        )
    codes = client.get(set_up["Location"])

    assert 'href="/admin/accounts/user/"' in codes.content.decode()
    assert client.get("/admin/accounts/user/").status_code == 200
    assert [mail.subject for mail in sent_mail()] == [
        "River Valley Power (demo): Your authenticator app is on"
    ]


def test_staff_with_an_app_pass_it_before_their_pages(client, strict):
    staff = with_app(StaffFactory())
    client.force_login(staff)

    answer = client.get("/admin/", follow=True)

    assert answer.redirect_chain[-1][0].startswith("/accounts/again/code/?next=")
    assert (
        client.post(answer.redirect_chain[-1][0], {"code": app_code(), "next": "/admin/"})["Location"]
        == "/admin/"
    )
    assert client.get("/admin/").status_code == 200


def test_a_password_alone_opens_no_staff_page_at_all(client, strict):
    client.force_login(StaffFactory())

    for path in ("/admin/", "/admin/find/", "/admin/accounts/user/", "/admin/password_change/"):
        assert client.get(path).status_code == 302, path


def test_customers_are_not_asked_for_a_second_step(client, strict):
    user = UserFactory()

    assert log_in(client, user)["Location"] == "/my/"
    assert client.get("/admin/", follow=True).status_code == 403


def test_the_second_step_costs_staff_pages_no_query(client, settings):
    staff = with_app(StaffFactory())
    log_in(client, staff)
    client.post(STEP, {"code": app_code()})
    counts = []
    for demanded in (False, True):
        settings.STAFF_SECOND_FACTOR = demanded
        client.get("/admin/find/")
        with CaptureQueriesContext(connection) as queries:
            client.get("/admin/find/")
        counts.append(len(queries))

    assert counts[0] == counts[1]

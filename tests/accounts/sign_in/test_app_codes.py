"""A right code of an authenticator app counts one step early or late, and once (RFC 6238 sections 5.2 and 6)."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from django.core.cache import cache
from django.db import connection
from django.test import Client as Browser

from accounts.sign_in.app_codes import use_code
from tests.factories.accounts import PASSWORD, UserFactory
from tests.factories.sign_in import app_code, with_app

LOGIN, STEP, AGAIN = "/accounts/login/", "/accounts/login/second-step/", "/accounts/again/code/"
NOON = datetime(2026, 11, 30, 12, 0, 15, tzinfo=UTC)
WRONG = "This code is not right."

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _no_limits_left_over():
    cache.clear()


@pytest.fixture
def clock_at_noon():
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


def code_of(seconds):
    """What the app shows `seconds` from noon."""
    with time_machine.travel(NOON + timedelta(seconds=seconds), tick=False):
        return app_code()


def opens(user, code):
    """Whether password and `code` open the login in a browser of its own."""
    browser = Browser()
    browser.post(LOGIN, {"login": user.email, "password": PASSWORD})
    return browser.post(STEP, {"code": code}).status_code == 302


@pytest.mark.parametrize(
    ("seconds", "right"), [(-60, False), (-30, True), (0, True), (30, True), (60, False)]
)
def test_a_code_counts_one_step_early_or_late(clock_at_noon, seconds, right):
    user = with_app(UserFactory())

    assert opens(user, code_of(seconds)) is right


def test_a_used_code_does_not_come_again_while_the_window_still_holds_it(clock_at_noon):
    user = with_app(UserFactory())
    early = code_of(30)
    assert opens(user, early)

    for seconds in (10, 40, 59):  # past the 30 s for which a cache remembers it
        clock_at_noon.move_to(NOON + timedelta(seconds=seconds))
        cache.clear()
        assert not opens(user, early)


def test_a_code_older_than_a_used_one_does_not_count(clock_at_noon):
    user = with_app(UserFactory())
    assert opens(user, code_of(0))

    assert not opens(user, code_of(-30))
    assert opens(user, code_of(30))


def test_the_code_that_set_up_the_app_opens_no_login(client, clock_at_noon):
    user = UserFactory()
    client.post(LOGIN, {"login": user.email, "password": PASSWORD})
    client.get("/accounts/app/add/")
    code = app_code(client.session["mfa.totp.secret"])
    assert client.post("/accounts/app/add/", {"code": code}).status_code == 302

    assert not opens(user, code)


def test_the_code_of_the_login_does_not_prove_it_again(client, clock_at_noon):
    user = with_app(UserFactory())
    client.force_login(user)
    used = code_of(0)
    assert opens(user, used)

    assert WRONG in client.post(AGAIN, {"code": used}).content.decode()
    assert client.post(AGAIN, {"code": code_of(30)}).status_code == 302


@pytest.mark.django_db(transaction=True)
def test_one_code_in_ten_browsers_at_once_counts_once():
    app = Authenticator.objects.get(user=with_app(UserFactory()), type=Authenticator.Type.TOTP)
    code = app_code()

    def use(_number):
        try:
            return use_code(Authenticator.objects.get(pk=app.pk), code)
        finally:
            connection.close()

    with ThreadPoolExecutor(10) as together:
        assert sorted(together.map(use, range(10))) == [False] * 9 + [True]

"""A stranger's wrong guesses lock nobody out: each network counts alone, a known device too, and all are bounded."""

import re
from contextlib import suppress
from datetime import timedelta

import pytest
import time_machine
from django.core.cache import cache
from django.test import Client as Browser

from accounts.models import Role
from accounts.services.sign_in_locks import PASSWORD as PASSWORDS
from accounts.services.sign_in_locks import LockedError, Origin, count_try, unlock
from accounts.sign_in.browser_link import mail_browser_link
from cdsc_portal.lib.time import clock
from tests.factories.accounts import PASSWORD, UserFactory, household
from tests.factories.sign_in import APP_SECRET, app_code, handed_out, mailed_code, sent_mail, with_app

LOGIN, STEP = "/accounts/login/", "/accounts/login/second-step/"
ASK, CONFIRM, RESET = "/accounts/login/code/", "/accounts/login/code/confirm/", "/accounts/password/reset/"
AGAIN, ACTIVATE = "/accounts/again/", "/accounts/activate/"
LOCKED = "Too many attempts"
OWNERS, STRANGERS = "198.51.100.7", "203.0.113.9"

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _no_limits_left_over():
    cache.clear()


@pytest.fixture
def ana():
    return UserFactory(email="ana@example.com")


def at(address):
    """A browser at `address` that holds no cookie."""
    return Browser(REMOTE_ADDR=address)


def known(user, address=OWNERS):
    """A browser at `address` in which `user` has logged in before."""
    browser = at(address)
    assert log_in(browser, user.email)
    browser.post("/accounts/logout/")
    return browser


def log_in(browser, email, password=PASSWORD):
    """Whether the password opens the login, or leads to the second step."""
    cache.clear()  # what one address may do in a minute is another test's
    return browser.post(LOGIN, {"login": email, "password": password}).status_code == 302


def guess(browser, email, times):
    for number in range(times):
        assert not log_in(browser, email, f"guess {number}")


def many_guesses(address, email, times, when=None):
    """As `guess` does, without the pages."""
    for _ in range(times):
        with suppress(LockedError):
            count_try(kind=PASSWORDS, of=email, origin=Origin(address), at=when or clock.now())


def notices():
    """Mail that tells the owner of the attempts."""
    return [mail for mail in sent_mail() if mail.subject.endswith("Somebody tries to get into your login")]


def networks(count):
    return [f"192.0.2.{number}" for number in range(1, count + 1)]


def test_a_strangers_guesses_do_not_lock_the_owner_elsewhere(ana):
    guess(at(STRANGERS), ana.email, 40)

    assert log_in(at(OWNERS), ana.email)


def test_a_strangers_guesses_from_the_owners_network_do_not_lock_a_known_device(ana):
    device = known(ana)
    guess(at(OWNERS), ana.email, 10)

    assert not log_in(at(OWNERS), ana.email)
    assert log_in(device, ana.email)


def test_guesses_from_many_networks_end_at_a_hundred_a_day_but_for_known_devices(ana):
    device = known(ana)
    for address in networks(19):
        many_guesses(address, ana.email, 7)
    assert log_in(at("198.51.100.8"), ana.email)

    for address in ("198.51.100.9", "198.51.100.10"):
        many_guesses(address, ana.email, 7)

    assert not log_in(at("198.51.100.11"), ana.email)
    assert log_in(device, ana.email)


@pytest.mark.parametrize("page", [LOGIN, ASK, RESET])
def test_the_owner_is_mailed_a_link_that_opens_a_new_browser_to_the_login(ana, page):
    form = {"login": ana.email, "password": "guess"} if page == LOGIN else {"email": ana.email}
    for address in networks(101):
        cache.clear()
        at(address).post(page, form)
    mails = notices()
    link = re.search(r"/accounts/browser/\S+", mails[0].body)[0]
    owner = at(OWNERS)
    cache.clear()
    assert LOCKED in owner.post(page, form).content.decode()

    opened = owner.get(link)

    assert (len(mails), opened["Location"]) == (1, LOGIN)
    assert "You can log in with this browser now." in owner.get(LOGIN).content.decode()
    cache.clear()
    assert LOCKED not in owner.post(page, form).content.decode()
    assert log_in(owner, ana.email)


def test_the_link_of_another_login_or_of_two_days_ago_opens_no_browser(ana):
    ben = UserFactory(email="ben@example.com")
    for address in networks(20):
        many_guesses(address, ana.email, 5)
    mail_browser_link(ben.email)
    mail_browser_link(ana.email)
    mail_browser_link("nobody@example.com")
    links = {mail.to[0]: re.search(r"/accounts/browser/\S+", mail.body)[0] for mail in sent_mail()}
    bens, late = at(OWNERS), at(OWNERS)
    bens.get(links[ben.email])

    with time_machine.travel(clock.now() + timedelta(hours=25)):
        late.get(links[ana.email])
        assert "This link does not work any more." in late.get(LOGIN).content.decode()

    assert set(links) == {ana.email, ben.email}
    assert "known_device" not in late.cookies
    assert not log_in(bens, ana.email)
    assert "does not work" in at(OWNERS).get("/accounts/browser/forged/", follow=True).content.decode()


def test_a_network_that_guesses_all_day_uses_a_fifth_of_what_strangers_may(ana):
    now = clock.now()
    for hour in range(12, 0, -1):
        many_guesses(STRANGERS, ana.email, 10, when=now - timedelta(hours=hour))

    assert not log_in(at(STRANGERS), ana.email)
    for address in networks(15):
        many_guesses(address, ana.email, 5)
    assert log_in(at(OWNERS), ana.email)


def test_neighbours_of_one_ipv6_network_count_as_one(ana):
    for host in range(1, 6):
        guess(at(f"2001:db8:1:1::{host}"), ana.email, 1)

    assert not log_in(at("2001:db8:1:1::ffff"), ana.email)
    assert log_in(at("2001:db8:1:2::1"), ana.email)


def test_a_known_device_guesses_no_longer_than_anybody(ana):
    device = known(ana)
    guess(device, ana.email, 5)

    assert not log_in(device, ana.email)
    assert log_in(at(OWNERS), ana.email)


def test_a_device_is_known_for_the_login_that_it_opened_alone(ana):
    device = known(UserFactory(email="ben@example.com"))
    guess(at(OWNERS), ana.email, 5)

    assert not log_in(device, ana.email)


def test_a_device_of_two_people_is_known_for_both(ana):
    device, ben = known(ana), UserFactory(email="ben@example.com")
    assert log_in(device, ben.email)
    device.post("/accounts/logout/")
    for person in (ana, ben):
        guess(at(OWNERS), person.email, 5)

    assert log_in(device, ana.email)
    device.post("/accounts/logout/")
    assert log_in(device, ben.email)


def test_the_devices_cookie_is_signed_and_names_nobody(ana, settings):
    device = known(ana)
    cookie = device.cookies["known_device"]
    assert (cookie["httponly"], cookie["samesite"], cookie["max-age"]) == (True, "Lax", 365 * 24 * 60 * 60)
    assert "ana" not in cookie.value

    guess(at(OWNERS), ana.email, 5)
    forged = at(OWNERS)
    forged.cookies["known_device"] = cookie.value[:-3] + "abc"

    assert not log_in(forged, ana.email)


def test_many_failures_at_one_address_do_not_stop_a_known_device_there(ana):
    device = known(ana)
    stranger = at(OWNERS)
    for number in range(61):
        stranger.post(LOGIN, {"login": f"person{number}@example.com", "password": "guess"})

    assert device.post(LOGIN, {"login": ana.email, "password": PASSWORD}).status_code == 302


def test_passkeys_are_asked_for_however_many_attempts_came_from_the_address():
    statuses = [
        at(OWNERS).get("/accounts/login/passkey/", headers={"X-Requested-With": "XMLHttpRequest"}).status_code
        for _ in range(30)
    ]

    assert set(statuses) == {200}


def test_a_strangers_wrong_codes_do_not_end_the_owners_code(ana):
    stranger, owner = at(STRANGERS), at(OWNERS)
    stranger.post(ASK, {"email": ana.email})
    wrong = "000000" if mailed_code() != "000000" else "111111"
    for _ in range(5):
        stranger.post(CONFIRM, {"code": wrong})

    owner.post(ASK, {"email": ana.email})

    assert owner.post(CONFIRM, {"code": mailed_code()})["Location"] == "/my/"


def test_a_code_takes_five_guesses_however_many_come_at_once(ana):
    stranger = at(STRANGERS)
    stranger.post(ASK, {"email": ana.email})
    right = mailed_code()
    wrong = "000000" if right != "000000" else "111111"
    for _ in range(5):  # as calls at once do: each sees the session as it was before the others
        before = stranger.session
        assert before.items()
        stranger.post(CONFIRM, {"code": wrong})
        before.save()

    assert "tried too often" in stranger.post(CONFIRM, {"code": right}).content.decode()
    stranger.post(CONFIRM, {"action": "resend"})
    assert stranger.post(CONFIRM, {"code": mailed_code()})["Location"] == "/my/"


@pytest.mark.parametrize("page", [ASK, RESET])
def test_a_stranger_who_asks_for_mail_stops_none_of_the_owners(ana, page):
    device = known(ana)
    for _ in range(12):
        cache.clear()
        at(STRANGERS).post(page, {"email": ana.email})
    assert len(sent_mail()) == 3

    at(OWNERS).post(page, {"email": ana.email})
    assert len(sent_mail()) == 4
    for address in networks(60):
        cache.clear()
        at(address).post(page, {"email": ana.email})
    assert (len(sent_mail()), len(notices())) == (50 + 1, 1)  # until a wait, whoever asks

    device.post(page, {"email": ana.email})
    assert len(sent_mail()) == 52


def test_an_unknown_address_is_counted_like_a_known_one(ana):
    answers = {}
    for email in (ana.email, "nobody@example.com"):
        for _ in range(4):
            cache.clear()
            answer = at(STRANGERS).post(ASK, {"email": email})
        answers[email] = LOCKED in answer.content.decode()

    assert answers == {ana.email: True, "nobody@example.com": True}


def test_a_stranger_with_the_password_does_not_lock_the_owners_second_step(ana):
    with_app(ana)
    owner = at(OWNERS)
    log_in(owner, ana.email)
    assert owner.post(STEP, {"code": app_code()}).status_code == 302
    owner.post("/accounts/logout/")
    for address in (OWNERS, STRANGERS):
        stranger = at(address)
        log_in(stranger, ana.email)
        for _ in range(6):
            answer = stranger.post(STEP, {"code": "000000"})
        assert LOCKED in answer.content.decode()

    log_in(owner, ana.email)
    # the code of this step was used, so only words tell
    assert "This code is not right." in owner.post(STEP, {"code": app_code(APP_SECRET)}).content.decode()


def test_a_strangers_guesses_do_not_stop_the_proof_inside_a_login(ana):
    owner = at(OWNERS)
    log_in(owner, ana.email)
    guess(at(OWNERS), ana.email, 10)

    assert owner.post(AGAIN, {"password": PASSWORD}).status_code == 302


def test_guesses_at_the_old_password_inside_a_login_are_counted_too(ana):
    owner = at(OWNERS)
    log_in(owner, ana.email)
    change = {"password1": "lanterns over the canal", "password2": "lanterns over the canal"}
    for number in range(5):
        cache.clear()
        owner.post("/accounts/password/change/", {"oldpassword": f"guess {number}", **change})

    cache.clear()
    answer = owner.post("/accounts/password/change/", {"oldpassword": PASSWORD, **change})
    assert LOCKED in answer.content.decode()


def test_a_stranger_who_guesses_activation_codes_does_not_stop_the_customer():
    home = household()
    code = handed_out(home.customer, Role.OWNER)
    number = home.account.account_number

    def tell(address, typed_code):
        cache.clear()
        form = {"account_number": number, "code": typed_code, "email": "new@example.com"}
        return at(address).post(ACTIVATE, form)

    for address in (STRANGERS, *networks(5)):
        for _ in range(6):
            answer = tell(address, "AAAA-BBBB-CCCC")
        assert LOCKED in answer.content.decode()

    assert tell(OWNERS, code).status_code == 302


def test_staff_unlock_whatever_counts_for_a_person(ana):
    for address in networks(21):
        many_guesses(address, ana.email, 5)
    assert not log_in(at(OWNERS), ana.email)

    assert unlock(ana)

    assert log_in(at(OWNERS), ana.email)


def test_a_login_costs_twenty_statements_five_of_them_for_the_count(client, ana, django_assert_num_queries):
    log_in(client, ana.email)
    client.post("/accounts/logout/")

    with django_assert_num_queries(20):
        client.post(LOGIN, {"login": ana.email, "password": PASSWORD})

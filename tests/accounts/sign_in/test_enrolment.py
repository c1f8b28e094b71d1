"""Staff who have a password and no second step set one up with a link alone; nobody adds one unproved."""

from datetime import timedelta
from io import StringIO

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.auth.models import Permission
from django.core.cache import cache
from django.core.management import CommandError, call_command
from django.test import Client as Browser
from django.urls import reverse

from accounts.models import SecondStepLink, StaffAction
from accounts.services.enrolment import NoLinkError, find_link, has_open_link, issue_link, use_link
from cdsc_portal.lib.time import clock
from tests.factories.accounts import PASSWORD, StaffFactory, UserFactory
from tests.factories.sign_in import app_code, with_app

LOGIN, STEP, ADD_APP = "/accounts/login/", "/accounts/second-step/", "/accounts/app/add/"
ASK = "Ask whoever manages staff"
ADDS = (ADD_APP, "/accounts/passkeys/add/")

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _strict(settings):
    cache.clear()
    settings.STAFF_SECOND_FACTOR = True


@pytest.fixture
def clerk():
    return UserFactory(is_staff=True, email="clerk@example.com")


def logged_in(user):
    browser = Browser()
    assert browser.post(LOGIN, {"login": user.email, "password": PASSWORD}).status_code == 302
    return browser


def link_for(user, **more):
    secret = issue_link(user=user, by=StaffFactory(), at=clock.now(), **more)
    return reverse("second_step_link", args=[secret])


def set_up(browser):
    """Whether an app could be set up."""
    page = browser.get(ADD_APP)
    if page.status_code != 200:
        return False
    code = app_code(browser.session["mfa.totp.secret"])
    return "recovery-codes" in browser.post(ADD_APP, {"code": code}).headers.get("Location", "")


def manager():
    """One who manages staff, and has shown a second step."""
    user = with_app(StaffFactory())
    browser = logged_in(user)
    browser.post("/accounts/login/second-step/", {"code": app_code()})
    return browser


@pytest.mark.parametrize("page", ADDS)
def test_a_password_alone_sets_up_no_second_step_of_staff(clerk, page):
    thief = logged_in(clerk)

    sent_away = thief.get(page)
    assert sent_away["Location"] == STEP
    assert ASK in thief.get(STEP).content.decode()
    assert thief.post(page, {"code": "123456", "credential": "{}"})["Location"] == STEP
    assert not Authenticator.objects.exists()


def test_a_link_sets_it_up_once_and_leads_to_the_staffs_pages(clerk):
    link = link_for(clerk)
    browser = Browser()

    to_login = browser.get(link, follow=True)
    assert to_login.redirect_chain[-1][0].startswith(LOGIN)
    browser.post(LOGIN, {"login": clerk.email, "password": PASSWORD, "next": STEP})
    assert "Set up the app" in browser.get(STEP).content.decode()
    assert set_up(browser)

    assert browser.get("/admin/").status_code == 200
    assert SecondStepLink.objects.get().used_at is not None
    assert Browser().get(link).status_code == 410
    assert list(StaffAction.objects.order_by("pk").values_list("what", flat=True)) == [
        "issued a link to set up a second step",
        "set up a second step with a link",
    ]


def test_the_link_of_one_sets_up_nothing_for_another(clerk):
    thief = Browser()
    thief.get(link_for(UserFactory(is_staff=True)))
    thief.post(LOGIN, {"login": clerk.email, "password": PASSWORD})

    assert not set_up(thief)


def test_a_link_dies_after_a_day_and_with_a_newer_one(clerk):
    at = clock.now()
    old = issue_link(user=clerk, by=None, at=at)
    new = issue_link(user=clerk, by=None, at=at)

    assert find_link(secret=old, at=at) is None
    assert find_link(secret=new, at=at + timedelta(hours=23, minutes=59)) is not None
    assert find_link(secret=new, at=at + timedelta(hours=24)) is None
    key = SecondStepLink.objects.get().pk
    assert not has_open_link(key=key, user=clerk, at=at + timedelta(hours=24))
    assert not use_link(key=key, user=clerk, at=at + timedelta(hours=24))


def test_of_two_browsers_with_one_link_one_sets_it_up(clerk):
    link = link_for(clerk)
    browsers = [Browser(), Browser()]
    for browser in browsers:
        browser.get(link)
        browser.post(LOGIN, {"login": clerk.email, "password": PASSWORD})
        browser.get(ADD_APP)

    assert [set_up(browser) for browser in browsers] == [True, False]
    assert Authenticator.objects.filter(type=Authenticator.Type.TOTP).count() == 1


def test_two_browsers_that_post_at_once_use_the_link_once(clerk):
    key = find_link(secret=issue_link(user=clerk, by=None, at=clock.now()), at=clock.now()).pk

    assert [use_link(key=key, user=clerk, at=clock.now()) for _ in range(2)] == [True, False]


@pytest.mark.spec("X-18")
def test_the_link_is_kept_as_a_digest(clerk):
    secret = issue_link(user=clerk, by=None, at=clock.now())

    assert secret not in str(list(SecondStepLink.objects.values()) + list(StaffAction.objects.values()))


@pytest.mark.parametrize("state", ["customer", "inactive", "has one"])
def test_no_link_is_made_for_whom_it_is_not(state):
    user = UserFactory(is_staff=state != "customer", is_active=state != "inactive")
    if state == "has one":
        with_app(user)

    with pytest.raises(NoLinkError):
        issue_link(user=user, by=None, at=clock.now())
    with pytest.raises(CommandError, match="nobody of staff"):
        call_command("second_step_link", user.email)


def test_the_command_makes_the_link_of_the_first_superuser(settings):
    settings.PUBLIC_URL = "https://portal.example.com:8443"
    first, printed = StaffFactory(email="first@example.com"), StringIO()

    call_command("second_step_link", "FIRST@example.com", stdout=printed, stderr=StringIO())

    address = printed.getvalue().strip()
    assert address.startswith("https://portal.example.com:8443/accounts/second-step/link/")
    browser = logged_in(first)
    browser.get(address.removeprefix(settings.PUBLIC_URL))
    assert set_up(browser)
    assert StaffAction.objects.first().what == "set up a second step with a link"
    assert "command line" in StaffAction.objects.last().what


def test_who_manages_staff_makes_a_link_for_a_colleague_shown_once_with_a_reason(clerk):
    browser, page = manager(), reverse("admin:accounts_user_second_step", args=[clerk.pk])

    assert "Make the link" in browser.get(page).content.decode()
    assert "This field is required" in browser.post(page, {"reason": ""}).content.decode()
    shown = browser.post(page, {"reason": "first day"}).content.decode()

    assert "/accounts/second-step/link/" in shown
    assert "/accounts/second-step/link/" not in browser.get(page).content.decode()
    done = StaffAction.objects.get()
    assert (done.key, done.reason) == (str(clerk.pk), "first day")


def test_support_makes_no_link(clerk):
    support = with_app(UserFactory(is_staff=True))
    support.user_permissions.set(Permission.objects.filter(codename__in=["view_user", "help_sign_in"]))
    browser = logged_in(support)
    browser.post("/accounts/login/second-step/", {"code": app_code()})

    answer = browser.post(reverse("admin:accounts_user_second_step", args=[clerk.pk]), {"reason": "asked"})

    assert answer.status_code == 403
    assert not SecondStepLink.objects.exists()


def test_who_manages_staff_and_is_no_superuser_makes_none_for_one():
    user = with_app(UserFactory(is_staff=True))
    user.user_permissions.set(
        Permission.objects.filter(codename__in=["view_user", "change_user", "manage_staff"])
    )
    browser = logged_in(user)
    browser.post("/accounts/login/second-step/", {"code": app_code()})

    answer = browser.post(
        reverse("admin:accounts_user_second_step", args=[StaffFactory().pk]), {"reason": "asked"}
    )

    assert answer.status_code == 403


@pytest.mark.parametrize(
    "page", [*ADDS, "/accounts/app/remove/", "/accounts/recovery-codes/", "/accounts/recovery-codes/new/"]
)
@pytest.mark.parametrize("is_staff", [True, False])
def test_a_session_from_before_the_second_step_manages_none(page, is_staff):
    user = UserFactory(is_staff=is_staff)
    thief = logged_in(user)
    with_app(user)

    answer = thief.get(page)

    assert answer["Location"].startswith(STEP)
    assert thief.post(page)["Location"].startswith(STEP)
    assert Authenticator.objects.filter(user=user, type=Authenticator.Type.TOTP).exists()


def test_customers_set_up_a_second_step_as_they_like():
    assert set_up(logged_in(UserFactory()))


def test_without_the_demand_staff_need_no_link(clerk, settings):
    settings.STAFF_SECOND_FACTOR = False

    assert set_up(logged_in(clerk))

"""Every address under /admin/: no fault of ours whatever stands in it, and nothing for whom it is not for (P-23)."""

import pytest
from django.test import Client as Browser

from accounts.models import OutgoingMail, StaffAction
from cdsc_portal.web.staff_roles import ADMINISTRATOR, DATA, ONBOARDING, ROLES, SUPPORT
from consent.models import Grant
from tests.factories.accounts import StaffFactory, UserFactory
from tests.support.admin_pages import ADDRESSES, of_role, with_key

pytestmark = [pytest.mark.django_db, pytest.mark.spec("P-23")]
NO_KEYS = ("abc", "9" * 30)
OPEN_TO_ALL = {
    "/admin/",
    "/admin/login/",
    "/admin/logout/",
    "/admin/password_change/",
    "/admin/password_change/done/",
    "/admin/jsi18n/",
    "/admin/search/",
    "/admin/toggle-sidebar/",
    "/admin/autocomplete/",
}
# our own pages behind a row, and who may use them; a role that is not named gets 403
DOES = {
    "accounts/customer/{}/support-session/": {SUPPORT, ADMINISTRATOR},
    "accounts/customer/{}/code/": {SUPPORT, ADMINISTRATOR},
    "accounts/user/{}/address/": {SUPPORT, ADMINISTRATOR},
    "consent/grant/{}/stop/": {SUPPORT, ADMINISTRATOR},
    "consent/grant/{}/pause/": {SUPPORT, ADMINISTRATOR},
    "consent/grant/{}/resume/": {SUPPORT, ADMINISTRATOR},
    "consent/recordedconsent/{}/confirm/": {SUPPORT, ADMINISTRATOR},
    "consent/recordedconsent/{}/refuse/": {SUPPORT, ADMINISTRATOR},
    "consent/client/{}/suspend/": {ONBOARDING, ADMINISTRATOR},
    "consent/client/{}/reinstate/": {ONBOARDING, ADMINISTRATOR},
    "consent/message/{}/reply/": {ONBOARDING, ADMINISTRATOR},
    "datahub/feed/{}/file/": {DATA, ADMINISTRATOR},
    "datahub/feed/{}/mapping/": {DATA, ADMINISTRATOR},
    "datahub/feedrun/{}/confirm/": {DATA, ADMINISTRATOR},
    "datahub/feedrun/{}/again/": {DATA, ADMINISTRATOR},
    "datahub/feedrun/{}/rejected.csv": {DATA, ADMINISTRATOR},
    "datahub/feedsource/{}/look/": {DATA, ADMINISTRATOR},
    "datahub/stafftoken/{}/revoke/": {DATA, ADMINISTRATOR},
}


def browser_of(user) -> Browser:
    browser = Browser(raise_request_exception=False)
    browser.force_login(user)
    return browser


def is_refused(answer) -> bool:
    """Not allowed, not there, or led to the first page, where it says that it is not there."""
    led_home = answer.redirect_chain and answer.redirect_chain[-1][0] == "/admin/"
    return answer.status_code in (403, 404) or bool(led_home)


def test_what_is_no_key_is_not_found_and_no_fault():
    chief = browser_of(StaffFactory())

    faults = [
        (method, address, key)
        for address in ADDRESSES
        if "{}" in address
        for key in NO_KEYS
        for method in ("get", "post")
        if getattr(chief, method)(address.replace("{}", key)).status_code >= 500
    ]

    assert faults == []


def test_staff_without_a_role_reach_nothing(admin_rows):
    clerk = browser_of(UserFactory(is_staff=True))
    before = StaffAction.objects.count()

    reached = [
        (method, address)
        for address in ADDRESSES
        if address not in OPEN_TO_ALL and "{}/{}" not in address
        for method in ("get", "post")
        if not is_refused(getattr(clerk, method)(with_key(address), follow=True))
    ]

    assert reached == []
    assert StaffAction.objects.count() == before


@pytest.mark.parametrize("role", ROLES)
def test_a_role_acts_where_it_should_and_nowhere_else(admin_rows, role):
    clerk = browser_of(of_role(role))
    urls = {address: with_key(f"/admin/{address}") for address in DOES}

    open_addresses = {address for address, url in urls.items() if clerk.get(url).status_code != 403}

    assert open_addresses == {address for address, who in DOES.items() if role in who}


@pytest.mark.parametrize("role", ROLES)
def test_a_forged_post_of_a_role_changes_nothing_that_is_not_its_own(admin_rows, role):
    clerk = browser_of(of_role(role))
    urls = {address: with_key(f"/admin/{address}") for address, who in DOES.items() if role not in who}

    answers = {
        address: clerk.post(url, {"reason": "x", "text": "x"}).status_code for address, url in urls.items()
    }

    assert set(answers.values()) <= {403}


def test_a_post_from_another_site_is_refused_everywhere(admin_rows):
    forged = Browser(enforce_csrf_checks=True)
    forged.force_login(StaffFactory())
    before = StaffAction.objects.count()

    answers = {
        address: forged.post(with_key(f"/admin/{address}"), {"reason": "x"}).status_code for address in DOES
    }

    assert set(answers.values()) == {403}
    assert StaffAction.objects.count() == before


@pytest.mark.parametrize("role", ROLES)
def test_a_forged_name_of_an_action_does_nothing(admin_rows, role):
    clerk = browser_of(of_role(role))
    grants, mails = Grant.objects.count(), OutgoingMail.objects.count()

    for address in ADDRESSES:
        if address.count("/") == 4:  # lists
            clerk.post(address, {"action": "delete_selected", "_selected_action": ["1"], "post": "yes"})
            clerk.post(
                address, {"action": "stop", "_selected_action": ["1"], "confirmed": "yes", "reason": "x"}
            )

    assert Grant.objects.count() == grants
    assert OutgoingMail.objects.count() == mails
    assert not StaffAction.objects.filter(verb="delete").exists()

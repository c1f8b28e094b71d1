"""Notices by mail are a person's own choice, and one click ends each (P-39)."""

import pytest
from django.test import Client as Browser

from accounts.mail.notice_links import off_link
from accounts.models import NoticeKind
from accounts.queries.notice_choices import notice_choices, who_want
from accounts.services.notices import keep_notices
from cdsc_portal.lib.time import clock
from tests.factories.accounts import UserFactory

pytestmark = [pytest.mark.django_db, pytest.mark.spec("P-39")]


def path_of(user, kind):
    return "/" + off_link(user, kind).split("/", 3)[3]


def test_only_a_coming_end_is_told_where_nobody_chose():
    user = UserFactory()

    assert notice_choices(user=user).on == {NoticeKind.ENDING}
    assert {kind for kind in NoticeKind if user in who_want(kind)} == {NoticeKind.ENDING}


def test_the_link_of_a_notice_shows_a_page_and_its_button_ends_that_kind_alone():
    user, other = UserFactory(), UserFactory()
    for person in (user, other):
        keep_notices(user=person, on=list(NoticeKind), percent=100, at=clock.now())
    browser = Browser(enforce_csrf_checks=True)  # a mail program has no token

    browser.get(path_of(user, NoticeKind.GAP))
    assert notice_choices(user=user).on == set(NoticeKind)
    browser.post(path_of(user, NoticeKind.GAP))

    assert notice_choices(user=user).on == set(NoticeKind) - {NoticeKind.GAP}
    assert notice_choices(user=user).percent == 100
    assert notice_choices(user=other).on == set(NoticeKind)


@pytest.mark.parametrize(
    "change", [lambda path: path.replace("/off/", "/off/x"), lambda path: path[:-6] + "/"]
)
def test_a_forged_link_opens_nothing(change):
    user = UserFactory()

    assert Browser().get(change(path_of(user, NoticeKind.ENDING))).status_code == 404


def test_settings_keep_what_was_ticked_and_how_far_above():
    user = UserFactory(name="Ana")
    browser = Browser()
    browser.force_login(user)

    browser.post(
        "/my/settings/",
        {"name": "Ana", "language": "en", "theme": "", "notices": ["high_use", "gap"], "percent": "25"},
    )

    assert notice_choices(user=user).on == {NoticeKind.HIGH_USE, NoticeKind.GAP}
    assert notice_choices(user=user).percent == 25
    page = browser.get("/my/settings/").content.decode()
    assert page.count("checked") == 2
    assert '<option value="25" selected>' in page

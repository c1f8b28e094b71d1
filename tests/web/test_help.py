"""/help/: how to reach the utility, and a question that becomes a case of staff's."""

import re

import pytest
from django.urls import reverse

from accounts.models import CaseStatus, HelpCase
from cdsc_portal.web.staff_roles import SUPPORT
from tests.factories.accounts import UserFactory
from tests.support.admin_pages import of_role

pytestmark = pytest.mark.django_db
QUESTION = {"topic": "bill", "text": "Why is October twice as high?", "email": "ana@example.com"}


def test_a_question_becomes_a_case_and_the_page_says_its_reference_once(client):
    answer = client.post("/help/", QUESTION)
    page = client.get("/help/").content.decode()

    case = HelpCase.objects.get()
    assert answer.status_code == 302
    assert (case.topic, case.text, case.email, case.status) == (*QUESTION.values(), CaseStatus.OPEN)
    assert case.reference in page
    assert case.reference not in client.get("/help/").content.decode()


def test_who_is_logged_in_is_known_and_need_not_type_the_address(client):
    ana = UserFactory(email="ana@example.com")
    client.force_login(ana)

    offered = re.search(r'name="email" value="([^"]*)"', client.get("/help/").content.decode())
    client.post("/help/", QUESTION)

    assert offered and offered[1] == "ana@example.com"
    assert HelpCase.objects.get().user == ana


@pytest.mark.parametrize("missing", ["topic", "text", "email"])
def test_what_is_missing_is_said_and_nothing_is_lost(client, missing):
    page = client.post("/help/", {**QUESTION, missing: ""}).content.decode()

    assert "There is a problem" in page
    assert missing == "text" or QUESTION["text"] in page
    assert not HelpCase.objects.exists()


def test_one_address_cannot_fill_the_list(client):
    for _number in range(7):
        client.post("/help/", QUESTION)

    assert HelpCase.objects.count() <= 6  # a minute may end in between
    assert "Too many messages" in client.post("/help/", QUESTION).content.decode()


def test_the_page_has_phone_mail_hours_and_outages_where_the_utility_has_them(client, settings):
    settings.SUPPORT_PHONE, settings.SUPPORT_MAIL = "1-555-0100", "help@utility.example.com"
    settings.SUPPORT_HOURS, settings.OUTAGES_URL = "Mon-Fri 8-6", "https://utility.example.com/outages"
    full = client.get("/help/").content.decode()
    settings.SUPPORT_PHONE = settings.SUPPORT_MAIL = settings.SUPPORT_HOURS = settings.OUTAGES_URL = ""
    bare = client.get("/help/").content.decode()

    for words in (
        'href="tel:1-555-0100"',
        'href="mailto:help@utility.example.com"',
        "Mon-Fri 8-6",
        "/outages",
    ):
        assert words in full
        assert words not in bare
    assert "How to reach us" not in bare


def test_support_finds_a_case_by_its_reference_and_closes_it_without_changing_its_words(client):
    case = HelpCase.objects.create(**QUESTION)
    client.force_login(of_role(SUPPORT))
    page = reverse("admin:accounts_helpcase_change", args=[case.pk])

    listed = client.get(reverse("admin:accounts_helpcase_changelist"), {"q": case.reference}).content.decode()
    client.post(page, {"status": CaseStatus.CLOSED, "note": "Called back", "text": "Forged"})

    case.refresh_from_db()
    assert page in listed
    assert (case.status, case.note, case.text) == (CaseStatus.CLOSED, "Called back", QUESTION["text"])

"""Onboarding staff invite a company's developer, with no other role than theirs."""

import re

import pytest
from django.contrib.auth.models import Group
from django.core import mail
from django.test import Client as Browser

from accounts.mail.queue import send_waiting_mail
from accounts.models import OutgoingMail, StaffAction, User
from cdsc_portal.lib.time import clock
from consent.models import ClientContact
from tests.factories.accounts import StaffFactory, UserFactory
from tests.factories.consent import ClientFactory

pytestmark = pytest.mark.django_db
FORM = {"email": "Dev@Example.com", "name": "Dana Developer", "language": "en"}


def of_role(browser, name):
    person = UserFactory(is_staff=True)
    person.groups.add(Group.objects.get(name=name))
    browser.force_login(person)
    return browser


def link_of_mail(settings):
    send_waiting_mail(at=clock.now(), logins_only=True)
    (letter,) = mail.outbox
    return letter, re.search(rf"{settings.PUBLIC_URL}(\S+)", letter.body).group(1)


def test_a_developer_is_invited_chooses_a_password_and_lands_on_the_companys_page(client, settings):
    company = ClientFactory(name="Sunny Roofs (demo)")
    url = f"/admin/consent/client/{company.pk}/invite/"
    staff = of_role(client, "onboarding")

    shown = staff.get(url)
    answer = staff.post(url, FORM)

    user = User.objects.get(email="dev@example.com")
    assert (shown.status_code, answer.status_code) == (200, 302)
    assert (user.is_staff, user.memberships.count()) == (False, 0)
    assert not OutgoingMail.objects.filter(kind="invitation").exists()
    assert list(user.client_contacts.values_list("client", flat=True)) == [company.pk]
    assert StaffAction.objects.get().what == "invited a contact"
    letter, link = link_of_mail(settings)
    assert letter.to == ["dev@example.com"]
    assert (
        "Sunny Roofs (demo)" in letter.subject and "made you a contact of Sunny Roofs (demo)" in letter.body
    )
    developer, password = Browser(), "a long enough secret 7"
    page = developer.get(link, follow=True)
    assert "/developer/" in page.content.decode()  # the form carries it on
    landed = developer.post(
        page.redirect_chain[-1][0],
        {"password1": password, "password2": password, "next": "/developer/"},
        follow=True,
    )
    assert landed.redirect_chain[-1][0] == "/developer/"
    assert "Sunny Roofs (demo)" in landed.content.decode()


def test_who_has_a_login_keeps_it_and_is_a_contact_once(client, settings):
    company, known = ClientFactory(), UserFactory(email="dev@example.com", name="Known")
    staff = of_role(client, "onboarding")

    for _ in range(2):
        staff.post(f"/admin/consent/client/{company.pk}/invite/", FORM)

    known.refresh_from_db()
    assert (known.name, ClientContact.objects.count()) == ("Known", 1)
    send_waiting_mail(at=clock.now(), logins_only=True)
    assert all(f"{settings.PUBLIC_URL}/developer/\n" in letter.body for letter in mail.outbox)


def test_a_login_of_staff_or_a_closed_one_is_no_contact(client):
    company = ClientFactory()
    StaffFactory(email="dev@example.com")
    staff = of_role(client, "onboarding")

    page = staff.post(f"/admin/consent/client/{company.pk}/invite/", FORM)

    assert "login of one of staff" in page.content.decode()
    assert not ClientContact.objects.exists()


@pytest.mark.parametrize("role", ["support", "data"])
def test_other_roles_invite_nobody(client, role):
    company = ClientFactory()

    answer = of_role(client, role).post(f"/admin/consent/client/{company.pk}/invite/", FORM)

    assert (answer.status_code, ClientContact.objects.exists()) == (403, False)

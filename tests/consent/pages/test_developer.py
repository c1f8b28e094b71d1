"""/developer/: a third party's people see their clients and no one else's, renew secrets, write and read messages."""

import base64
from datetime import timedelta
from urllib.parse import urlencode

import pytest
import time_machine
from django.core.management import call_command
from django.test import Client as Browser
from django.urls import reverse
from lxml import html

from accounts.mail.queue import words_of
from accounts.models import OutgoingMail
from cdsc_portal.lib.time import clock
from consent.mail.client_messages import notify
from consent.models import ClientContact, Message
from consent.services.clients import suspend_client
from consent.services.third_parties.threads import answer, write_to_utility
from tests.consent.mail.again import text_sent_again
from tests.consent.pages.developer_read import URL, words
from tests.factories.accounts import PASSWORD, MembershipFactory, StaffFactory, UserFactory
from tests.factories.consent import SECRET, ClientFactory, GrantFactory

pytestmark = pytest.mark.django_db
NOW = {"before": "0"}  # the secret in use ends at once


@pytest.fixture
def client_app():
    return ClientFactory(name="Sunny Roofs (demo)")


@pytest.fixture
def person(client_app):
    user = UserFactory(email="dev@example.com")
    ClientContact.objects.create(client=client_app, user=user)
    return user


@pytest.fixture
def contact(person):
    """Logged in with a password a moment ago."""
    browser = Browser()
    browser.post(reverse("account_login"), {"login": person.email, "password": PASSWORD})
    return browser


def menu_of(page):
    return html.fromstring(page.content.decode()).xpath("//nav[contains(@class, 'site-nav')]//a/@href")


def test_a_contact_without_accounts_starts_at_developer_with_a_menu_of_their_own(person):
    browser = Browser()

    login = browser.post(reverse("account_login"), {"login": person.email, "password": PASSWORD}, follow=True)

    assert login.redirect_chain[-1][0] == URL
    assert menu_of(login) == [URL, reverse("my_settings"), reverse("help")]
    assert menu_of(browser.get(reverse("help"))) == [URL, reverse("my_settings"), reverse("help")]


def test_a_contact_who_has_accounts_too_keeps_both(contact, person):
    MembershipFactory(user=person)

    home = contact.get(reverse("my_home"))

    assert home.status_code == 200
    assert {URL, reverse("my_home"), reverse("sharing_list")} <= set(menu_of(home))


def test_who_is_no_contact_has_no_developers_menu():
    customer = Browser()
    customer.force_login(MembershipFactory().user)

    assert URL not in menu_of(customer.get(reverse("my_home")))


def test_a_contact_sees_the_client_with_its_counts_and_no_other(contact, client_app):
    GrantFactory(client=client_app)
    GrantFactory(client=client_app, status="revoked")
    ClientFactory(name="Another Company (demo)")

    text = words(contact.get(URL))

    assert "Sunny Roofs (demo)" in text and client_app.client_id in text
    assert "1 open, 1 ended" in text
    assert "A client without contacts gets none" in text
    assert "Another Company" not in text
    assert SECRET not in text


def test_who_is_nobodys_contact_sees_no_client_and_cannot_write():
    contact = Browser()
    contact.force_login(UserFactory())

    assert "not a contact" in words(contact.get(URL))
    assert contact.get(reverse("developer_new_message")).status_code == 404


def test_a_renewed_secret_is_shown_once_and_the_one_before_works_for_a_day(contact, client_app, client):
    url = reverse("developer_secret", args=[client_app.public_id])
    before = html.fromstring(contact.get(url).content.decode()).xpath("string(//input[@checked]/@value)")

    shown = contact.post(url, {"before": before}, follow=True)

    secret = shown_secret(shown)
    assert len(secret) == 43 and "The one before works until" in words(shown)
    assert refusal(client, client_app, secret) == refusal(client, client_app, SECRET) == "invalid_grant"
    with time_machine.travel(clock.now() + timedelta(hours=24)):
        assert refusal(client, client_app, secret) == "invalid_grant"
        assert refusal(client, client_app, SECRET) == "invalid_client"
    assert secret not in contact.get(URL).content.decode()
    assert Message.objects.get().name == "Secret renewed"
    assert secret not in Message.objects.get().description


@pytest.mark.parametrize("before", ["0", "leaked"])
def test_a_secret_can_end_at_once(contact, client_app, client, before):
    url = reverse("developer_secret", args=[client_app.public_id])

    shown = contact.post(url, {"before": before}, follow=True)

    assert "The one before no longer works." in words(shown)
    assert refusal(client, client_app, shown_secret(shown)) == "invalid_grant"
    assert refusal(client, client_app, SECRET) == "invalid_client"


def test_what_was_renewed_can_be_ended_early(contact, client_app, client):
    url = reverse("developer_secret", args=[client_app.public_id])
    secret = shown_secret(contact.post(url, {"before": "168"}, follow=True))
    assert "known to others" in words(contact.get(url))

    page = words(contact.post(url, {"end_older": "yes"}, follow=True))

    assert "no longer work" in page and "It works until" not in page
    assert refusal(client, client_app, secret) == "invalid_grant"
    assert refusal(client, client_app, SECRET) == "invalid_client"


@pytest.mark.parametrize("before", ["", "1000", "for ever"])
def test_a_time_that_was_not_offered_renews_nothing(contact, client_app, client, before):
    url = reverse("developer_secret", args=[client_app.public_id])

    assert "There is a problem" in words(contact.post(url, {"before": before}))
    assert refusal(client, client_app, SECRET) == "invalid_grant" and not Message.objects.exists()


def test_a_reload_renews_nothing_and_shows_no_secret(contact, client_app, client):
    url = reverse("developer_secret", args=[client_app.public_id])
    made = contact.post(url, NOW)
    assert (made.status_code, made["Location"], made.content) == (303, url, b"")
    contact.head(url)
    assert kept_words(contact) == ["client", "sealed", "until"]
    secret = shown_secret(contact.get(url))

    reloaded = contact.get(url)

    assert secret not in reloaded.content.decode() and "A new secret is shown once" in words(reloaded)
    assert kept_words(contact) == []
    assert refusal(client, client_app, secret) == "invalid_grant"
    assert Message.objects.count() == 1


def test_a_secret_waits_for_its_own_page_and_not_for_long(contact, client_app, person, monkeypatch):
    other = ClientFactory()
    ClientContact.objects.create(client=other, user=person)
    url = reverse("developer_secret", args=[client_app.public_id])
    contact.post(url, NOW)
    assert shown_secret(contact.get(reverse("developer_secret", args=[other.public_id]))) == ""
    assert shown_secret(contact.get(url)) == ""

    contact.post(url, NOW)
    later = clock.now() + timedelta(minutes=6)
    monkeypatch.setattr("consent.pages.developer.secret_in_session.clock.now", lambda: later)

    assert shown_secret(contact.get(url)) == ""


def test_the_mail_about_a_new_secret_is_in_the_language_of_its_reader(contact, client_app):
    reader = UserFactory(email="sol@example.com", language="es")
    ClientContact.objects.create(client=client_app, user=reader)

    contact.post(reverse("developer_secret", args=[client_app.public_id]), NOW)

    mail = OutgoingMail.objects.get(to=reader.email)
    for text in (words_of(mail).text, words_of(mail).html):
        assert "Ayuda" in text and "Este correo viene de" in text and "This mail" not in text
    assert "This mail comes from" in words_of(OutgoingMail.objects.get(to="dev@example.com")).text
    assert text_sent_again(mail) == words_of(mail).text
    ClientContact.objects.filter(user=reader).delete()
    assert text_sent_again(mail) == ""


def shown_secret(answer):
    assert answer.status_code == 200
    return html.fromstring(answer.content.decode()).xpath("string(//pre)").strip()


def kept_words(contact):
    """What the session keeps for the page that shows the secret; never the secret itself."""
    return sorted(contact.session.get("new_client_secret", {}))


def refusal(client, app, secret):
    """How the token endpoint refuses a code that nobody was given."""
    basic = base64.b64encode(f"{app.client_id}:{secret}".encode()).decode()
    form = urlencode({"grant_type": "authorization_code", "code": "none", "redirect_uri": app.redirect_uris})
    sent = {
        "content_type": "application/x-www-form-urlencoded",
        "headers": {"Authorization": f"Basic {basic}"},
    }
    return client.post("/oauth/token/", form, **sent).json()["error"]


def test_a_secret_asks_for_the_password_again_first(person, client_app):
    contact = Browser()
    contact.force_login(person)

    answer = contact.get(reverse("developer_secret", args=[client_app.public_id]))

    assert answer.status_code == 302
    assert answer.headers["Location"].startswith(reverse("account_reauthenticate"))


def test_the_secret_of_another_is_not_to_be_found(contact):
    other = ClientFactory()

    assert contact.post(reverse("developer_secret", args=[other.public_id])).status_code == 404


def test_a_public_client_has_no_secret_to_renew(contact, person):
    public = ClientFactory(client_type="public")
    ClientContact.objects.create(client=public, user=person)

    url = reverse("developer_secret", args=[public.public_id])

    assert contact.get(url).status_code == contact.post(url).status_code == 404


def test_a_second_click_sends_nothing_twice(contact, client_app):
    fields = {"client": client_app.public_id, "subject": "A second address", "text": "Please add one."}
    first = contact.post(reverse("developer_new_message"), fields)
    assert contact.post(reverse("developer_new_message"), fields)["Location"] == first["Location"]
    contact.post(first["Location"], {"text": "It is urgent."})
    contact.post(first["Location"], {"text": "It is urgent."})

    assert [message.description for message in Message.objects.order_by("pk")] == [
        "Please add one.",
        "It is urgent.",
    ]
    contact.post(first["Location"], {"text": "Thank you."})
    contact.post(first["Location"], {"text": "It is urgent."})
    assert Message.objects.count() == 4


def test_a_support_request_waits_for_the_utility_until_staff_answer(contact, client_app, person):
    contact.post(
        reverse("developer_new_message"),
        {"client": client_app.public_id, "subject": "A second address", "text": "Please add one."},
    )
    thread = Message.objects.get()
    assert (thread.type, thread.status, thread.by_client) == ("support_request", "pending", True)
    assert "Waits for the utility" in words(contact.get(URL))

    answer(thread=thread, by=StaffFactory(), by_client=False, text="It is added.", at=clock.now())

    listed = words(contact.get(URL))
    assert "Resolved" in listed and "New" in listed
    page = words(contact.get(reverse("developer_message", args=[thread.public_id])))
    assert page.index("Please add one.") < page.index("It is added.")
    assert not Message.objects.filter(read=False).exists()
    mail = OutgoingMail.objects.get(kind="client_message")
    assert mail.to == person.email and "It is added." not in words_of(mail).text


def test_an_answer_of_the_third_party_waits_for_the_utility_again(contact, client_app, person):
    thread = write_to_utility(client=client_app, by=person, subject="Help", text="Help", at=clock.now())
    answer(thread=thread, by=StaffFactory(), by_client=False, text="How?", at=clock.now())

    contact.post(reverse("developer_message", args=[thread.public_id]), {"text": "So."})

    thread.refresh_from_db()
    assert thread.status == "pending"
    last = Message.objects.order_by("-pk").first()
    assert (last.by_client, last.description, last.previous.description) == (True, "So.", "How?")


def test_a_notification_takes_no_answer(contact, client_app):
    thread = notify(client=client_app, subject="Maintenance", text="On Sunday.", at=clock.now())
    url = reverse("developer_message", args=[thread.public_id])
    assert "takes no answer" in words(contact.get(url))

    assert "takes no answer" in words(contact.post(url, {"text": "Why?"}, follow=True))
    assert Message.objects.count() == 1


def test_messages_of_another_client_are_not_to_be_found(contact):
    thread = notify(client=ClientFactory(), subject="Maintenance", text="On Sunday.", at=clock.now())
    url = reverse("developer_message", args=[thread.public_id])

    assert contact.get(url).status_code == 404
    assert contact.post(url, {"text": "Why?"}).status_code == 404


def test_an_empty_message_says_what_is_missing(contact, client_app):
    answer = contact.post(
        reverse("developer_new_message"), {"client": client_app.public_id, "subject": "", "text": "x"}
    )

    assert "There is a problem" in words(answer)
    assert not Message.objects.exists()


def test_a_suspension_is_told_to_the_contacts(client_app, person):
    suspend_client(client=client_app)

    message = Message.objects.get()
    assert (message.type, message.name) == ("field_changes", "Suspended")
    assert OutgoingMail.objects.filter(to=person.email).count() == 1


def test_the_queries_do_not_grow_with_clients_and_messages(
    contact, client_app, person, django_assert_max_num_queries
):
    for number in range(5):
        other = ClientFactory()
        ClientContact.objects.create(client=other, user=person)
        GrantFactory.create_batch(3, client=other)
        thread = write_to_utility(client=other, by=person, subject=f"S{number}", text="x", at=clock.now())
        answer(thread=thread, by=StaffFactory(), by_client=False, text="y", at=clock.now())

    with django_assert_max_num_queries(12):  # one for the menu: whether they have accounts too
        contact.get(URL)


def test_staff_answer_what_waits_first(client_app, person):
    call_command("check")
    notify(client=client_app, subject="Maintenance", text="On Sunday.", at=clock.now())
    old = write_to_utility(client=client_app, by=person, subject="Help", text="Help me.", at=clock.now())
    notify(client=client_app, subject="Newest", text="...", at=clock.now())
    staff = Browser()
    staff.force_login(StaffFactory(is_superuser=True))

    listed = words(staff.get("/admin/consent/message/"))
    staff.post(f"/admin/consent/message/{old.pk}/reply/", {"text": "Done."})

    assert listed.index("Help") < listed.index("Newest") < listed.index("Maintenance")
    assert Message.objects.get(first=old).description == "Done."
    assert "Done." in words(staff.get(f"/admin/consent/message/{old.pk}/change/"))


def test_staff_write_to_a_company(client_app, person):
    staff = Browser()
    staff.force_login(StaffFactory(is_superuser=True))

    staff.post(
        "/admin/consent/message/write/",
        {"client": client_app.pk, "subject": "Maintenance", "text": "On Sunday."},
    )

    assert Message.objects.get().name == "Maintenance"
    assert OutgoingMail.objects.get().to == person.email


def test_staff_without_the_permission_write_to_nobody():
    staff = Browser()
    staff.force_login(StaffFactory(is_superuser=False))

    assert staff.get("/admin/consent/message/write/").status_code == 403

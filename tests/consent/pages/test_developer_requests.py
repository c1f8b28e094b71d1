"""/developer/: what the utility asks for is answered, with files, by the people of a third party."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client as Browser
from django.urls import reverse

from cdsc_portal.lib.time import clock
from consent.mail.client_messages import notify
from consent.models import ClientContact, Message, Review
from consent.services.third_parties.threads import ask_registration
from tests.consent.pages.developer_read import URL, words
from tests.factories.accounts import StaffFactory, UserFactory
from tests.factories.consent import ClientFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def client_app():
    return ClientFactory(name="Sunny Roofs (demo)")


@pytest.fixture
def person(client_app):
    user = UserFactory()
    ClientContact.objects.create(client=client_app, user=user)
    return user


@pytest.fixture
def contact(person):
    browser = Browser()
    browser.force_login(person)
    return browser


def test_what_the_utility_asks_for_is_answered_item_by_item(contact, client_app, person, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    request = ask_registration(
        registration=client_app.registration, client=client_app, subject="Owners", text="We need this.",
        items=[("Owner", "Who owns it"), ("Seat", "Where it is")], by=StaffFactory(), at=clock.now(),
    )  # fmt: skip
    page = reverse("developer_message", args=[request.public_id])
    assert "Waits for you" in words(contact.get(URL))
    text = words(contact.get(page))
    assert "What the utility asks for" in text and "Who owns it" in text

    file = SimpleUploadedFile("paper.pdf", b"%PDF-1.7\n%%EOF\n", "application/pdf")
    contact.post(page, {"item_1": "Demo Ltd", "item_2": "Here", "file": file})

    submission = Message.objects.get(type="client_submission")
    assert [each["description"] for each in submission.updates_requested] == ["Demo Ltd", "Here"]
    assert (submission.author, submission.creator, submission.previous) == (person, None, request)
    request.refresh_from_db()
    assert request.status == "pending"
    assert Review.objects.get(kind="submission").message == request
    shown = contact.get(page).content.decode()
    path = reverse(
        "developer_attachment", args=[submission.public_id, submission.attachments.get().public_id]
    )
    assert path in shown and "Demo Ltd" in shown
    answer = contact.get(path)
    assert answer["Content-Disposition"] == 'attachment; filename="paper.pdf"'
    assert b"".join(answer.streaming_content).startswith(b"%PDF")
    stranger = Browser()
    stranger.force_login(UserFactory())
    assert stranger.get(path).status_code == 404


def test_an_answer_may_bring_a_file_and_a_message_becomes_unread_again(
    contact, client_app, person, settings, tmp_path
):
    settings.MEDIA_ROOT = tmp_path
    file = SimpleUploadedFile("log.txt", b"hello", "text/plain")
    contact.post(
        reverse("developer_new_message"),
        {"client": client_app.public_id, "subject": "A", "text": "B", "file": file},
    )
    thread = Message.objects.get()
    page = reverse("developer_message", args=[thread.public_id])
    assert thread.attachments.get().filename == "log.txt"
    contact.post(page, {"text": "C", "file": SimpleUploadedFile("b.png", b"<html>", "image/png")})
    assert Message.objects.count() == 1

    contact.post(page, {"unread": "yes"})

    thread.refresh_from_db()
    assert not thread.read and "New" in words(contact.get(URL))


def test_messages_about_the_registration_as_a_whole_are_seen(contact, client_app):
    notify(registration=client_app.registration, subject="For all of you", text="x", at=clock.now())

    assert "For all of you" in words(contact.get(URL))

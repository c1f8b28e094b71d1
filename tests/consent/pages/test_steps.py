"""Pages of registration steps: whoever has the link takes the step; messages renew links (R-44 to R-48)."""

from datetime import timedelta

import pytest
import time_machine
from lxml import html

from accounts.mail.queue import words_of
from accounts.models import OutgoingMail
from cdsc_portal.lib.time import clock
from consent.models import Message, RegistrationField, RegistrationStep, Review, ScopeOffer
from consent.services.third_parties.register import LINK_LIFE
from consent.services.third_parties.renew_links import renew_links
from consent.services.third_parties.reviews import approve_review, refuse_review, set_step
from tests.consent.api.cds.third_party import third_party
from tests.factories.accounts import StaffFactory, UserFactory

pytestmark = pytest.mark.django_db
FIELDS = {
    "payment_required": {"amount": "250.00", "currency": "USD"},
    "email_verification": {},
    "sso_verification": {},
    "online_form": {},
    "pdf_form": {},
}


@pytest.fixture(autouse=True)
def folder(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def party(client):
    """A third party whose registration has a step of each kind, none with an address of the utility's."""
    for kind, more in FIELDS.items():
        RegistrationField.objects.create(field_id=kind, type=kind, description=f"About {kind}.", **more)
    ScopeOffer.objects.filter(offer_id="usage_data").update(registration_requirements=list(FIELDS))
    return third_party(client)


def request_of(party, kind):
    """The message of a step, as the program of the third party reads it."""
    step = RegistrationStep.objects.get(registration=party.registration, field__type=kind)
    return party.get(f"/cds/messages/{step.message.public_id}").json()


def page_of(message, settings):
    assert message["related_uri"].startswith(settings.PUBLIC_URL)
    return message["related_uri"].removeprefix(settings.PUBLIC_URL)


def status_of(kind):
    return RegistrationStep.objects.get(field__type=kind).status


def words(answer):
    return " ".join(html.fromstring(answer.content.decode()).text_content().split())


@pytest.mark.spec("R-44", "R-104", "R-105", "R-106", "R-47")
@pytest.mark.parametrize(
    ("kind", "type_", "related"),
    [
        ("payment_required", "payment_request", "payment_form"),
        ("email_verification", "online_form_request", "online_form"),
        ("sso_verification", "online_form_request", "online_form"),
        ("online_form", "online_form_request", "online_form"),
        ("pdf_form", "pdf_form_request", "pdf_form"),
    ],
)
def test_each_step_has_a_message_whose_link_opens_again_and_again(
    client, party, settings, kind, type_, related
):
    message = request_of(party, kind)

    assert (message["type"], message["related_type"], message["status"]) == (type_, related, "open")
    for _ in range(2):
        assert f"About {kind}." in words(client.get(page_of(message, settings)))
    assert client.get(page_of(message, settings)[:-2] + "x/").status_code == 404


@pytest.mark.spec("R-44")
def test_an_address_of_the_utilitys_own_is_where_a_step_begins(client, settings):
    RegistrationField.objects.create(
        field_id="fee", type="payment_required", description="Pay.", amount="1", currency="USD",
        start_uri="https://pay.example.com/start",
    )  # fmt: skip
    ScopeOffer.objects.filter(offer_id="usage_data").update(registration_requirements=["fee"])
    party = third_party(client)

    message = request_of(party, "payment_required")

    assert message["related_uri"] == "https://pay.example.com/start"
    assert (message["amount"], message["currency"]) == (1.00, "USD")
    assert renew_links(at=clock.now() + 2 * LINK_LIFE) == 0


@pytest.mark.spec("R-45", "R-109", "R-131")
def test_a_payment_that_was_handed_in_waits_and_leads_to_its_receipt_once_it_is_complete(
    client, party, settings
):
    message = request_of(party, "payment_required")

    client.post(page_of(message, settings), {"text": "Payment 4711"})

    assert status_of("payment_required") == "pending"
    assert party.get(message["uri"]).json()["status"] == "pending"
    submission = Message.objects.get(type="client_submission")
    assert submission.updates_requested[0]["description"] == "Payment 4711"
    assert "The utility looks at it" in words(client.get(page_of(message, settings)))
    approve_review(
        review=Review.objects.get(kind="submission"), by=StaffFactory(), address_of=str, at=clock.now()
    )
    updates = [
        each for each in party.get("/cds/messages").json()["unread"] if each["type"] == "request_update"
    ]
    assert [each["status"] for each in updates] == ["complete", "pending"]
    receipt = updates[0]
    assert (receipt["related_type"], receipt["previous_uri"]) == ("payment_receipt", message["uri"])
    assert "250.00 USD" in words(client.get(page_of(receipt, settings)))
    assert party.get(message["uri"]).json()["related_type"] == "payment_form"
    assert status_of("payment_required") == "complete"


@pytest.mark.spec("R-45", "R-110")
def test_a_form_that_does_not_do_is_refused_with_the_reason(client, party, settings):
    message = request_of(party, "online_form")
    client.post(page_of(message, settings), {"text": "We are many."})

    refuse_review(
        review=Review.objects.get(kind="submission"), by=StaffFactory(), reason="How many?", at=clock.now()
    )

    assert status_of("online_form") == party.get(message["uri"]).json()["status"] == "rejected"
    update = Message.objects.filter(type="request_update").latest("pk")
    assert (update.status, update.description) == ("rejected", "How many?")


@pytest.mark.spec("R-45")
def test_a_pdf_is_handed_in_by_the_page_or_by_program(client, party, settings):
    from base64 import b64encode

    message = request_of(party, "pdf_form")
    pdf = b"%PDF-1.7\n%%EOF\n"
    sent = {
        "type": "client_submission", "name": "", "description": "", "previous_uri": message["uri"],
        "updates_requested": [],
        "attachments": [
            {"filename": "form.pdf", "mime_type": "application/pdf", "data": b64encode(pdf).decode()}
        ],
    }  # fmt: skip

    assert party.send("post", "/cds/messages", sent).status_code == 201
    assert status_of("pdf_form") == "pending"
    assert Message.objects.get(type="client_submission").attachments.get().filename == "form.pdf"
    set_step(
        step=RegistrationStep.objects.get(field__type="pdf_form"), status="open", by=StaffFactory(), reason="Sign it.",
        at=clock.now(),
    )  # fmt: skip
    assert Review.objects.get(kind="submission").status == "returned"
    from django.core.files.uploadedfile import SimpleUploadedFile

    file = SimpleUploadedFile("../signed.pdf", pdf, "application/pdf")
    client.post(page_of(message, settings), {"text": "Signed", "file": file})
    assert status_of("pdf_form") == "pending"
    assert (
        Message.objects.filter(type="client_submission").latest("pk").attachments.get().filename
        == "signed.pdf"
    )


@pytest.mark.spec("R-45")
def test_an_address_is_confirmed_by_the_button_behind_the_link_of_a_mail(client, party, settings):
    message = request_of(party, "email_verification")
    page = page_of(message, settings)

    client.post(page, {"email": "ops@app.example"})
    client.post(page, {"email": "no address"})

    mail = OutgoingMail.objects.get(kind="registration_email")
    assert mail.to == "ops@app.example"
    link = next(word for word in words_of(mail).text.split() if "/third-parties/steps/" in word)
    path = link.removeprefix(settings.PUBLIC_URL)
    assert client.get(path).status_code == 200
    assert status_of("email_verification") == "open"
    with time_machine.travel(clock.now() + timedelta(days=2)):
        assert client.post(path).status_code == 404
    client.post(path)
    client.post(path)
    assert status_of("email_verification") == party.get(message["uri"]).json()["status"] == "complete"
    assert Message.objects.filter(type="request_update").count() == 1
    assert "ops" not in path and Message.objects.get(type="client_submission").status == "complete"
    assert not Review.objects.filter(kind="submission").exists()


def test_a_link_of_a_mail_confirms_no_other_step(client, party, settings):
    message, other = request_of(party, "email_verification"), request_of(party, "online_form")
    client.post(page_of(message, settings), {"email": "ops@app.example"})
    mail = OutgoingMail.objects.get(kind="registration_email")
    code = next(w for w in words_of(mail).text.split() if "/email/" in w).split("/email/")[1]

    assert client.post(f"{page_of(other, settings)}email/{code}").status_code == 404
    assert client.post(f"{page_of(message, settings)}email/{code[:-3]}xx/").status_code == 404


def test_a_step_sends_few_mails_a_minute(client, party, settings):
    page = page_of(request_of(party, "email_verification"), settings)

    with time_machine.travel(clock.now().replace(second=20), tick=False):
        for number in range(5):
            client.post(page, {"email": f"a{number}@app.example"})

    assert OutgoingMail.objects.filter(kind="registration_email").count() == 3


@pytest.mark.spec("R-45")
def test_who_confirms_by_logging_in_is_named_to_staff(client, party, settings):
    page, person = page_of(request_of(party, "sso_verification"), settings), UserFactory()
    assert "/accounts/login/" in client.post(page)["Location"] or "login" in client.post(page)["Location"]

    client.force_login(person)
    client.post(page)

    assert Message.objects.get(type="client_submission").author == person
    assert status_of("sso_verification") == "pending"


@pytest.mark.spec("R-48", "R-47")
def test_a_link_that_is_over_is_followed_by_a_message_of_its_type_with_a_fresh_one(client, party, settings):
    before = request_of(party, "online_form")
    at = clock.now() + LINK_LIFE + timedelta(hours=1)

    assert (renew_links(at=at), renew_links(at=at)) == (5, 0)

    renewal = Message.objects.get(previous__public_id=before["message_id"])
    after = party.get(f"/cds/messages/{renewal.public_id}").json()
    assert (after["type"], after["status"], after["previous_uri"]) == (before["type"], "open", before["uri"])
    assert after["related_uri"] != before["related_uri"]
    with time_machine.travel(at):
        assert client.get(page_of(before, settings)).status_code == 410
        client.post(page_of(after, settings), {"text": "We are many."})
    assert status_of("online_form") == "pending"
    listing = [party.get(each["uri"]).json()["status"] for each in (before, after)]
    assert listing == ["pending", "pending"]
    assert renew_links(at=at + 2 * LINK_LIFE) == 4  # the others, which wait still


def test_what_is_handed_in_twice_is_handed_in_once(client, party, settings):
    page = page_of(request_of(party, "online_form"), settings)

    client.post(page, {"text": "We are many."})
    client.post(page, {"text": "We are many."})

    assert Message.objects.filter(type="client_submission").count() == 1

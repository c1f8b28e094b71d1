"""What staff decide about third parties, and how far steps are."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from consent.models import Client, Message, Registration, RegistrationField, RegistrationStep, Review
from tests.consent.api.cds.third_party import third_party
from tests.factories.accounts import StaffFactory, UserFactory
from tests.factories.consent import ClientFactory, GrantFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff(client):
    client.force_login(StaffFactory())
    return client


@pytest.fixture
def party(client):
    return third_party(client)


def _post(staff, row, page, **form):
    path = f"/admin/consent/{row._meta.model_name}/{row.pk}/{page}/"
    return staff.post(path, {"reason": "We looked.", **form}, follow=True).content.decode()


@pytest.mark.spec("R-71", "R-72", "R-92")
def test_a_registration_that_is_approved_gets_objects_of_production_beside_those_of_the_sandbox(staff, party):
    _post(staff, Review.objects.get(), "approve")

    made = Client.objects.get(registration=party.registration, status="production", response_types=["code"])
    assert made.status_options == ["production", "disabled"]
    assert (made.allowed_scopes, made.client_id != party.sandbox.client_id) == (["usage_data"], True)
    shown = party.get(party.uri(made)).json()
    assert (shown["cds_status"], shown["client_name"]) == ("production", "Demo App")
    secret = party.get(f"/cds/credentials?client_ids={made.client_id}").json()["credentials"]
    assert len(secret) == 1
    assert Message.objects.get(client=made, name="In production").related_uri == shown["cds_client_uri"]
    added = Message.objects.get(client=made, name="Credential added")
    assert secret[0]["credential_id"] in added.description
    assert Review.objects.get().status == "approved"
    assert "is approved" in _post(staff, Review.objects.get(), "approve")
    assert Client.objects.filter(status="production", response_types=["code"]).count() == 1


@pytest.mark.spec("R-45", "R-98")
def test_production_waits_for_every_step_and_each_status_is_a_reply(staff, party):
    message = Message.objects.create(
        registration=party.registration, type="payment_request", status="open", name="Pay", by_client=False
    )
    field = RegistrationField.objects.create(
        field_id="fee", type="payment_required", description="Pay the fee."
    )
    step = RegistrationStep.objects.create(
        registration=party.registration, field=field, status="open", message=message
    )

    assert "not complete" in _post(staff, Review.objects.get(), "approve")
    _post(staff, step, "status", status="complete")

    reply = Message.objects.get(previous=message)
    message.refresh_from_db()
    assert (reply.type, reply.status, message.status) == ("request_update", "complete", "complete")
    assert "complete already" in _post(staff, step, "status", status="complete")
    _post(staff, Review.objects.get(), "approve")
    assert Review.objects.get().status == "approved"


def test_an_address_that_is_to_be_confirmed_cannot_be_rejected(staff, party):
    field = RegistrationField.objects.create(
        field_id="mail", type="email_verification", description="Confirm."
    )
    step = RegistrationStep.objects.create(registration=party.registration, field=field, status="open")

    assert "cannot be rejected" in _post(staff, step, "status", status="rejected")


@pytest.mark.spec("R-90", "R-110")
@pytest.mark.parametrize(
    ("page", "name", "status"), [("approve", "New Name", "complete"), ("refuse", "Demo App", "rejected")]
)
def test_changes_that_wait_are_applied_or_refused_with_the_reason(staff, party, page, name, status):
    ClientFactory(registration=party.registration, status="production")
    party.send("put", party.uri(party.sandbox), {"client_name": "New Name"})
    review = Review.objects.get(kind="field_changes")

    _post(staff, review, page)

    assert party.get(party.uri(party.sandbox)).json()["client_name"] == name
    reply = Message.objects.get(previous=review.message)
    review.message.refresh_from_db()
    assert (reply.status, review.message.status) == (status, status)
    assert ("We looked." in reply.description) == (page == "refuse")


@pytest.mark.spec("R-107")
def test_a_production_request_is_answered_with_the_object_it_made(staff, party):
    request = Message.objects.create(
        registration=party.registration, type="production_request", status="pending", name="", by_client=True
    )
    review = Review.objects.create(
        registration=party.registration, client=party.sandbox, kind="production_request", message=request
    )

    _post(staff, review, "approve")

    made = Client.objects.get(status="production", response_types=["code"])
    reply = Message.objects.get(previous=request)
    assert (reply.related_type, reply.status) == ("client", "complete")
    assert reply.related_uri.endswith(f"/cds/clients/{made.client_id}")
    assert Registration.objects.count() == 1


def test_who_may_not_decide_is_refused(client, party):
    client.force_login(StaffFactory(is_superuser=False))

    for page in ("approve", "refuse"):
        assert client.get(f"/admin/consent/review/{Review.objects.get().pk}/{page}/").status_code == 403


def _ask_for(party, **members):
    body = {"previous_uri": None, "name": "", "description": "", **members}
    made = party.send("post", "/cds/messages", body)
    assert made.status_code == 201, made.content
    return made.json()


@pytest.mark.spec("R-108", "R-132")
def test_a_grant_request_is_complete_with_the_listing_of_its_grants(staff, party):
    uri = party.get(party.uri(party.sandbox)).json()["cds_client_uri"]
    grants = [{"scope": "usage_data", "authorization_details": []}]
    request = _ask_for(party, type="grant_request", related_uri=uri, grants_requested=grants)
    review = Review.objects.get(kind="grant_request")
    grant = GrantFactory(client=party.sandbox)

    assert "name the grants" in _post(staff, review, "approve")
    assert "not all grants" in _post(staff, review, "approve", grants=GrantFactory().public_id)
    _post(staff, review, "approve", grants=grant.public_id)

    after = party.get(request["uri"]).json()
    reply = next(
        m for m in party.get("/cds/messages").json()["unread"] if m["previous_uri"] == request["uri"]
    )
    for message in (after, reply):
        assert (message["status"], message["related_type"]) == ("complete", "grant_list")
    assert [g["grant_id"] for g in party.get(reply["related_uri"]).json()["grants"]] == [grant.public_id]


@pytest.mark.spec("R-107", "R-132", "R-110")
@pytest.mark.parametrize(("page", "status"), [("approve", "complete"), ("refuse", "rejected")])
def test_a_production_request_by_program_is_decided_by_a_reply(staff, party, page, status):
    uri = party.get(party.uri(party.sandbox)).json()["cds_client_uri"]
    request = _ask_for(party, type="production_request", related_uri=uri)

    _post(staff, Review.objects.get(kind="production_request"), page)

    after = party.get(request["uri"]).json()
    reply = next(
        m for m in party.get("/cds/messages").json()["unread"] if m["previous_uri"] == request["uri"]
    )
    assert reply["type"] == "request_update"
    assert (after["status"], reply["status"]) == (status, status)
    if status == "complete":
        made = party.get(reply["related_uri"]).json()
        assert (made["cds_status"], made["cds_client_uri"]) == ("production", after["related_uri"])
    else:
        assert reply["description"] == "We looked."


@pytest.mark.spec("R-131", "R-132")
def test_staff_ask_for_more_and_send_back_what_does_not_do(staff, party):
    uri = party.get(party.uri(party.sandbox)).json()["cds_client_uri"]
    _ask_for(party, type="production_request", related_uri=uri)
    review = Review.objects.get(kind="production_request")

    assert "a line each" in _post(staff, review, "more")
    _post(staff, review, "more", items="Contract: the signed contract\n\nOwner")

    review.refresh_from_db()
    assert review.status == "waiting"
    question = next(m for m in party.get("/cds/messages").json()["unread"] if m["type"] == "server_request")
    assert [(u["name"], u["description"]) for u in question["updates_requested"]] == [
        ("Contract", "the signed contract"), ("Owner", "Owner"),
    ]  # fmt: skip
    answer = [{"field": "item_1", "uri": "https://app.example/c.pdf"}]
    _ask_for(party, type="client_submission", previous_uri=question["uri"], updates_requested=answer)
    submission = Review.objects.get(kind="submission")
    assert "submission" in staff.get("/admin/consent/review/").content.decode()
    _post(staff, submission, "more")
    assert party.get(question["uri"]).json()["status"] == "open"
    _ask_for(party, type="client_submission", previous_uri=question["uri"], updates_requested=answer)
    _post(staff, Review.objects.get(kind="submission", status="waiting"), "approve")
    assert party.get(question["uri"]).json()["status"] == "complete"


def test_staff_read_files_and_answer_with_one(staff, party, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    file = {"filename": "log.txt", "mime_type": "text/plain", "data": "aGVsbG8="}
    made = _ask_for(
        party,
        type="support_request",
        name="Help",
        description="Please.",
        attachments=[file],
        previous_uri=None,
    )
    thread = Message.objects.get(public_id=made["message_id"])

    shown = staff.get(f"/admin/consent/message/{thread.pk}/change/").content.decode()
    download = staff.get(f"/admin/consent/message/files/{thread.attachments.get().pk}/")
    upload = SimpleUploadedFile("plan.pdf", b"%PDF-1.7\n%%EOF\n", "application/pdf")
    staff.post(f"/admin/consent/message/{thread.pk}/reply/", {"text": "See the plan.", "file": upload})

    assert "log.txt" in shown
    assert download["Content-Disposition"] == 'attachment; filename="log.txt"'
    assert b"".join(download.streaming_content) == b"hello"
    reply = next(m for m in party.get("/cds/messages").json()["unread"] if m["previous_uri"] == made["uri"])
    assert (reply["type"], reply["attachments"][0]["filename"]) == ("request_update", "plan.pdf")
    bad = SimpleUploadedFile("plan.png", b"<html>", "image/png")
    answer = staff.post(f"/admin/consent/message/{thread.pk}/reply/", {"text": "Again.", "file": bad})
    assert "cannot be taken" in answer.content.decode()
    staff.force_login(UserFactory())
    assert staff.get(f"/admin/consent/message/files/{thread.attachments.get().pk}/").status_code != 200


@pytest.mark.spec("R-101s")
@pytest.mark.parametrize(("size", "taken"), [(1024 * 1024, True), (1024 * 1024 + 1, False)])
def test_staff_send_a_file_of_a_size_through_the_files_api(staff, party, settings, tmp_path, size, taken):
    settings.MEDIA_ROOT = tmp_path
    thread = Message.objects.create(
        registration=party.registration, type="support_request", status="pending", name="Help", by_client=True
    )
    upload = SimpleUploadedFile("plan.txt", b"x" * size, "text/plain")

    page = staff.post(f"/admin/consent/message/{thread.pk}/reply/", {"text": "The plan.", "file": upload})

    assert thread.answers.exists() is taken
    assert page.status_code == (302 if taken else 200)
    assert taken or "more than 1 MB" in page.content.decode()


def test_staff_ask_a_company_in_a_thread_of_its_own(staff, party):
    sent = {
        "client": party.sandbox.pk,
        "subject": "Owners",
        "text": "We need this.",
        "items": "Owner: a name",
    }
    staff.post("/admin/consent/message/ask/", sent)
    question = next(m for m in party.get("/cds/messages").json()["unread"] if m["type"] == "server_request")
    staff.post(
        f"/admin/consent/message/{Message.objects.get(public_id=question['message_id']).pk}/ask/",
        {"text": "And this.", "items": "Seat"},
    )

    assert (question["name"], question["status"]) == ("Owners", "open")
    more = next(
        m for m in party.get("/cds/messages").json()["unread"] if m["previous_uri"] == question["uri"]
    )
    assert more["updates_requested"][0]["name"] == "Seat"

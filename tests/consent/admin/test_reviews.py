"""What staff decide about third parties, and how far steps are."""

import pytest

from consent.models import Client, Message, Registration, RegistrationField, RegistrationStep, Review
from tests.consent.api.cds.third_party import third_party
from tests.factories.accounts import StaffFactory
from tests.factories.consent import ClientFactory

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
    assert Message.objects.get(client=made).related_uri == shown["cds_client_uri"]
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

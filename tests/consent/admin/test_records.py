"""Requests, grants, receipts, disclosures, mail: read, searched, never edited; stopping asks a reason."""

import re

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import OutgoingMail
from cdsc_portal.lib.db.public_ids import new_public_id
from consent.models import Client, ConsentRequest, Disclosure, Grant, GrantEvent, Receipt
from consent.transitions import GrantStatus
from tests.factories.accounts import UserFactory, household
from tests.factories.consent import GrantFactory, ReceiptFactory, approve, ask

pytestmark = pytest.mark.django_db
RECORDS = {
    "consentrequest": ConsentRequest,
    "grant": Grant,
    "grantevent": GrantEvent,
    "receipt": Receipt,
    "disclosure": Disclosure,
    "outgoingmail": OutgoingMail,
}


def shared() -> Grant:
    """A grant as the services make it, with its request, receipt, mail and one disclosure."""
    grant = approve(ask({"type": "usage_data", "services": "all"}, user=household().owner))
    Disclosure.objects.create(grant=grant, scope="usage_data", resource="usage_data", value_count=96)
    return grant


def cheap() -> None:
    """One more of each record, linked, by rows alone."""
    user = UserFactory.build(email=f"p{new_public_id()}@example.com")
    user.save()
    client = Client.objects.first()  # a new one each would spend the time on hashing secrets
    grant = GrantFactory(client=client, user=user)
    ReceiptFactory(grant=grant)
    GrantEvent.objects.create(grant=grant, to_status=GrantStatus.ACTIVE, actor="customer", by=user)
    Disclosure.objects.create(grant=grant, scope="usage_data", resource="usage_data", value_count=96)
    OutgoingMail.objects.create(
        kind="approved",
        dedup_key=grant.public_id,
        to=user.email,
        user=user,
        about=grant.public_id,
        language="en",
    )
    ConsentRequest.objects.create(
        client=client, user=user, grant=grant, details={}, status="approved", expires=grant.created
    )


def url_of(record) -> str:
    return f"/admin/{record._meta.app_label}/{record._meta.model_name}/{record.pk}/change/"


@pytest.mark.parametrize("name", RECORDS)
def test_thirty_rows_cost_as_many_queries_as_one(staff, name):
    url = f"/admin/{RECORDS[name]._meta.app_label}/{name}/"
    shared()
    with CaptureQueriesContext(connection) as single:
        staff.get(url)

    for _ in range(29):
        cheap()
    with CaptureQueriesContext(connection) as thirty:
        page = staff.get(url)

    assert len(page.context["cl"].result_list) >= 30
    assert len(thirty) == len(single)


@pytest.mark.parametrize("name", RECORDS)
def test_records_are_looked_at_and_never_edited_or_deleted(staff, name):
    shared()
    record = RECORDS[name].objects.first()

    page = staff.get(url_of(record))
    edited = staff.post(url_of(record), {"status": "revoked"})
    deleted = staff.post(url_of(record).replace("/change/", "/delete/"), {"post": "yes"})
    added = staff.get(f"/admin/{record._meta.app_label}/{name}/add/")

    assert page.status_code == 200
    assert (edited.status_code, deleted.status_code, added.status_code) == (403, 403, 403)


def test_clicks_lead_from_request_to_grant_to_receipt_to_customer_user(staff):
    grant = shared()
    page = staff.get(url_of(grant)).content.decode()

    assert url_of(grant) in staff.get(url_of(grant.request)).content.decode()
    assert url_of(grant.receipts.get()) in page
    assert f"/admin/accounts/user/{grant.user_id}/change/" in page
    assert f"/admin/accounts/servicecontract/{grant.parts.get().contracts.get().pk}/change/" in page


@pytest.mark.parametrize("name", ["consentrequest", "grant", "receipt", "outgoingmail"])
def test_no_page_shows_a_key_that_works_without_a_login(staff, name):
    grant = shared()
    digests = [grant.request.key_digest, grant.receipts.get().addresses.get().digest]
    row = RECORDS[name].objects.first()

    page = staff.get(url_of(row)).content.decode()

    assert not [digest for digest in digests if digest in page]
    assert not re.search(r"/(receipts|oauth/authorize)/[\w-]{43}/", page)


def test_staff_stop_a_grant_only_with_a_reason(staff):
    grant = shared()
    url = f"/admin/consent/grant/{grant.pk}/stop/"

    shown = staff.get(url)
    without = staff.post(url, {"reason": " "})
    still = Grant.objects.get().status
    staff.post(url, {"reason": "asked by phone"})

    event = GrantEvent.objects.get(to_status=GrantStatus.REVOKED)
    assert 'name="reason"' in shown.content.decode()
    assert "This field is required" in without.content.decode()
    assert still == GrantStatus.ACTIVE
    assert (event.actor, event.reason, event.by.is_staff) == ("staff", "asked by phone", True)
    assert Grant.objects.get().status == GrantStatus.REVOKED


def test_looking_stops_nothing_and_an_ended_grant_cannot_be_stopped_again(staff):
    grant = GrantFactory(status=GrantStatus.EXPIRED)

    staff.post(f"/admin/consent/grant/{grant.pk}/stop/", {"reason": "asked by phone"})

    assert Grant.objects.get().status == GrantStatus.EXPIRED


def test_staff_who_may_only_look_cannot_stop(client):
    clerk = UserFactory(is_staff=True)
    clerk.user_permissions.set(Permission.objects.filter(codename="view_grant"))
    client.force_login(clerk)
    grant = GrantFactory()

    answer = client.post(f"/admin/consent/grant/{grant.pk}/stop/", {"reason": "curious"})

    assert answer.status_code == 403
    assert Grant.objects.get().status == GrantStatus.ACTIVE


@pytest.mark.parametrize(
    ("query", "unread"),
    [({"use": "unread"}, True), ({"scope": "bill_data"}, False), ({"use": "ending"}, True)],
)
def test_grants_are_narrowed_by_use_and_data(staff, query, unread):
    shared()
    fresh = approve(ask({"type": "usage_data", "services": "all"}, user=household().owner))
    Grant.objects.exclude(pk=fresh.pk).update(access_ends=None)

    page = staff.get("/admin/consent/grant/", query)

    assert (fresh in page.context["cl"].result_list) is unread
    assert len(page.context["cl"].result_list) == int(unread)

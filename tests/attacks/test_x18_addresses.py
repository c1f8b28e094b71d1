"""X-18: addresses that open something are not in the database: who reads it, or a copy of it, can follow none."""

import re

import pytest
from django.db import connection
from django.test import Client as Browser
from django.urls import reverse

from accounts.mail.queue import send_waiting_mail, words_of
from accounts.models import OutgoingMail
from cdsc_portal.lib.db.public_ids import new_secret
from cdsc_portal.lib.secrets.checksums import checksum
from cdsc_portal.lib.time import clock
from consent.models import Receipt
from tests.consent.oauth.third_party import ThirdParty
from tests.factories.accounts import Household, household
from tests.factories.consent import ClientFactory, approve, ask, receipt_page_of, request_at

pytestmark = [pytest.mark.django_db, pytest.mark.spec("X-18")]

USAGE = {"type": "usage_data", "start": "-1y", "end": "+1y", "services": "all"}
LOGIN = reverse("account_login")
_ADDRESS = re.compile(r"/(?:receipts|oauth/authorize)/([\w-]{43})/")


@pytest.fixture
def home() -> Household:
    return household()


def everything_stored() -> str:
    """Each row of each table as text."""
    tables = connection.introspection.table_names()
    with connection.cursor() as cursor:
        rows = []
        for table in tables:
            cursor.execute(f'SELECT row_to_json(one)::text FROM "{table}" one')
            rows += [text for (text,) in cursor.fetchall()]
    return "\n".join(rows)


def key_in_mail() -> str:
    match = _ADDRESS.search(words_of(OutgoingMail.objects.get(kind="approved")).text)
    assert match is not None
    return match.group(1)


def test_once_its_mail_went_a_receipts_address_is_nowhere_and_works_on(home):
    approve(ask(USAGE, user=home.owner))
    key = key_in_mail()

    send_waiting_mail(at=clock.now())

    assert key not in everything_stored()
    assert Browser().get(f"/receipts/{key}/").status_code == 200
    assert Browser().get(f"/receipts/{checksum(key)}/").status_code == 404


def test_a_receipt_has_as_many_addresses_as_mails_and_each_works(home):
    receipt = approve(ask(USAGE, user=home.owner)).receipts.get()
    first = f"/receipts/{key_in_mail()}/"

    second = receipt_page_of(receipt)

    assert first != second
    assert [Browser().get(page).status_code for page in (first, second)] == [200, 200]


@pytest.mark.parametrize("pushed", [True, False])
def test_a_requests_address_is_nowhere_and_works(pushed):
    third_party = ThirdParty(ClientFactory())
    if pushed:
        uri = third_party.push().json()["request_uri"]
        page = third_party.arrive(uri)["Location"]
    else:
        page = third_party.ask()["Location"]
    match = _ADDRESS.search(page)
    assert match is not None

    assert match.group(1) not in everything_stored()
    assert Browser().get(page)["Location"].endswith(f"?next={page}")
    assert request_at(page).client == third_party.client


def test_a_reference_opens_a_request_to_its_own_user_and_to_nobody_else(home):
    request = ask(USAGE, user=home.owner)
    page = f"/my/requests/{request.reference}/"
    mine, theirs = Browser(), Browser()
    mine.force_login(home.owner)
    theirs.force_login(household().owner)

    assert mine.get(page).status_code == 200
    assert theirs.get(page).status_code == theirs.post(page, {"decision": "deny"}).status_code == 404
    unknown = "/my/requests/kkkk-kkkk/"
    assert Browser().get(page)["Location"] == f"{LOGIN}?next={page}"
    assert Browser().get(unknown)["Location"] == f"{LOGIN}?next={unknown}"  # which tells nobody what there is
    assert Browser().post(page, {"decision": "approve"})["Location"] == f"{LOGIN}?next={page}"


def test_nobody_takes_a_request_by_its_reference_that_nobody_has_opened(home):
    request = ask(USAGE, user=home.owner)
    type(request).objects.update(user=None)
    browser = Browser()
    browser.force_login(home.owner)

    assert browser.get(f"/my/requests/{request.reference}/").status_code == 404


def test_the_number_of_a_receipt_opens_it_to_who_gave_the_grant_though_all_roles_ended(home):
    grant = approve(ask(USAGE, user=home.owner))
    number = Receipt.objects.get().number
    home.owner.memberships.all().delete()
    mine, theirs = Browser(), Browser()
    mine.force_login(home.owner)
    theirs.force_login(household().owner)
    page = f"/my/sharing/{grant.public_id}/receipts/{number}/"

    assert mine.get(page).status_code == 200
    assert theirs.get(page).status_code == 404
    assert Browser().get(f"/receipts/{new_secret()}/{number}/").status_code == 404

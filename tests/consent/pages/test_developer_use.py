"""What a company's people see on /developer/ of its consents, calls and refused requests."""

from datetime import timedelta

import pytest
from django.test import Client as Browser

from cdsc_portal.lib.time import clock
from consent.models import ClientContact, ConsentRequest, Disclosure
from consent.services.third_parties.refused_calls import RefusedCall, record_by_client
from tests.factories.accounts import UserFactory
from tests.factories.consent import ClientFactory, GrantFactory
from tests.support.queries import count_queries

pytestmark = pytest.mark.django_db


@pytest.fixture
def company():
    return ClientFactory(name="Sunny Roofs")


@pytest.fixture
def contact(company):
    user = UserFactory()
    ClientContact.objects.create(client=company, user=user)
    browser = Browser()
    browser.force_login(user)
    return browser


def page(browser) -> str:
    answer = browser.get("/developer/")
    assert answer.status_code == 200
    return answer.content.decode()


def read(grant, *, ago=timedelta(), count=5):
    return Disclosure.objects.create(
        grant=grant,
        scope="usage_data",
        resource="usage_data",
        value_count=count,
        released_at=clock.now() - ago,
    )


def refused(client, status="denied"):
    at = clock.now()
    return ConsentRequest.objects.create(
        client=client, redirect_uri="https://app.example.com", code_challenge="c" * 43, details={}, status=status,
        expires=at, decided_at=at,
    )  # fmt: skip


def test_consents_of_every_object_of_the_registration_are_listed_without_who_gave_them(contact, company):
    sibling = ClientFactory(name="Sunny Roofs production", registration=company.registration)
    grant, other = (
        GrantFactory(client=company),
        GrantFactory(client=sibling, access_ends=None, status="suspended"),
    )
    foreign = GrantFactory()

    text = page(contact)

    assert grant.public_id in text and other.public_id in text
    assert foreign.public_id not in text
    assert "<code>active</code>" in text and "<code>suspended</code>" in text
    assert "no end" in text
    assert grant.user.email not in text


def test_calls_of_thirty_days_are_summed_by_resource(contact, company):
    grant = GrantFactory(client=company)
    read(grant)
    read(grant, ago=timedelta(days=29), count=7)
    read(grant, ago=timedelta(days=31), count=1000)
    read(GrantFactory(), count=3000)

    text = " ".join(page(contact).split())

    assert "usage_data" in text
    assert ">2<" in text.replace(" ", "") and ">12<" in text.replace(" ", "")


def test_refused_requests_have_their_reference(contact, company):
    denied, failed, foreign = refused(company), refused(company, "failed"), refused(ClientFactory())
    waiting = refused(company, "waiting")

    text = page(contact)

    assert denied.reference in text and failed.reference in text
    assert foreign.reference not in text and waiting.reference not in text
    assert "The customer said no" in text


def refuse(client, code="invalid_token", reference="k7mq-2xwd", *, ago=timedelta(), resource="usage_data"):
    call = RefusedCall(resource, 401, code, reference)
    record_by_client(call, client_id=client.pk, at=clock.now() - ago)


def test_refused_calls_lead_to_their_error_and_have_their_reference(contact, company):
    sibling = ClientFactory(name="Sunny Roofs production", registration=company.registration)
    refuse(company)
    refuse(company, reference="3fqt-9wwd")
    refuse(sibling, "too_many_calls", "h8nb-4ppk")
    refuse(company, "insufficient_scope", "gone-2222", ago=timedelta(days=31))
    refuse(ClientFactory(), "not_acceptable", "else-3333")

    text = page(contact)

    assert '<a href="/docs/errors/#invalid_token"><code>invalid_token</code></a>' in text
    assert '<a href="/docs/errors/#too_many_calls">' in text and "Sunny Roofs production" in text
    assert "3fqt-9wwd" in text and "h8nb-4ppk" in text and "k7mq-2xwd" not in text
    assert "gone-2222" not in text and "insufficient_scope" not in text
    assert "else-3333" not in text and "not_acceptable" not in text
    errors = contact.get("/docs/errors/").content.decode()
    assert 'id="invalid_token"' in errors and 'id="too_many_calls"' in errors


def test_a_company_without_refused_calls_reads_that_there_are_none(contact):
    assert "No call was refused." in page(contact)


def test_the_page_says_them_in_spanish(contact, company):
    refuse(company)

    text = contact.get("/developer/", headers={"Accept-Language": "es"}).content.decode()

    assert "Llamadas rechazadas en los últimos 30 días" in text


def test_the_page_costs_as_many_queries_for_many_as_for_few(contact, company):
    read(GrantFactory(client=company))
    refused(company)
    refuse(company)
    few = count_queries(lambda: contact.get("/developer/"))
    for _ in range(3):
        read(GrantFactory(client=company))
        refused(company)
        refuse(ClientFactory(registration=company.registration))
        refuse(company, resource="bill_data")

    assert count_queries(lambda: contact.get("/developer/")) == few

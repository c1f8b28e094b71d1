"""What a company's people see on /developer/ of its consents, calls and refused requests."""

from datetime import timedelta

import pytest
from django.test import Client as Browser

from cdsc_portal.lib.time import clock
from consent.models import ClientContact, ConsentRequest, Disclosure
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


def test_the_page_costs_as_many_queries_for_many_as_for_few(contact, company):
    read(GrantFactory(client=company))
    refused(company)
    few = count_queries(lambda: contact.get("/developer/"))
    for _ in range(3):
        read(GrantFactory(client=company))
        refused(company)
        ClientFactory(registration=company.registration)

    assert count_queries(lambda: contact.get("/developer/")) == few

"""A person registers a third party by the form, signed in or not."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client as Browser

from cdsc_portal.lib.time import clock
from consent.models import Client, ClientContact, Registration, RegistrationField, ScopeOffer
from tests.consent.api.cds.third_party import ask_for_token
from tests.factories.accounts import StaffFactory, UserFactory
from tests.support.queries import count_queries

pytestmark = pytest.mark.django_db
URL, DONE = "/developer/register/", "/developer/registered/"
FORM = {"client_name": "Sunny Roofs", "contact": "ops@example.com", "scopes": ["usage_data"]}


def registered(browser, **fields):
    answer = browser.post(URL, {**FORM, **fields})
    assert (answer.status_code, answer.headers.get("Location")) == (303, DONE), answer.content
    return browser.get(DONE).content.decode()


def asks_for(**values):
    field = RegistrationField.objects.create(
        **{
            "field_id": "code",
            "type": "registration_field",
            "description": "Your invitation code",
            "field_name": "cds_code",
            "format": "string",
            **values,
        }
    )
    ScopeOffer.objects.filter(offer_id="usage_data").update(registration_requirements=["code"])
    return field


@pytest.mark.spec("R-63", "R-190")
def test_who_is_not_signed_in_gets_an_id_and_a_secret_that_work(client):
    shown = registered(client)

    admin = Client.objects.get(allowed_scopes=["cds_client_admin"])
    secret = re.search(r"<code>([\w-]{30,})</code></pre>", shown)[1]
    assert admin.client_id in shown
    assert ask_for_token(client, admin.client_id, secret).status_code == 200
    assert admin.registration.name == "Sunny Roofs"
    assert {each.contact_addresses[0] for each in Client.objects.all()} == {"ops@example.com"}
    assert Client.objects.get(status="sandbox").allowed_scopes == ["usage_data"]
    assert not ClientContact.objects.exists()
    assert secret not in client.get(DONE).content.decode()  # this once
    assert "/developer/" in shown


def test_who_is_signed_in_sees_the_company_on_their_pages(client):
    user = UserFactory()
    client.force_login(user)
    registered(client)

    page = client.get("/developer/").content.decode()

    assert page.count("Sunny Roofs") >= 3  # each object
    assert ClientContact.objects.get().user == user


def test_who_signs_in_afterwards_takes_the_company_over_once(client):
    registered(client)
    session, first, second = client.session, UserFactory(), UserFactory()
    kept = dict(session)
    client.force_login(first)
    client.get("/developer/")
    other = Browser()
    other.force_login(second)
    again = other.session
    again.update({name: value for name, value in kept.items() if name == "registered_third_party"})
    again.save()

    other.get("/developer/")

    assert ClientContact.objects.get().user == first


def test_after_an_hour_nobody_takes_it_over(client):
    registered(client)
    client.force_login(UserFactory())

    with time_machine.travel(clock.now() + timedelta(hours=1, seconds=1), tick=False):
        client.get("/developer/")

    assert not ClientContact.objects.exists()


def test_staff_become_no_contact(client):
    client.force_login(StaffFactory())
    registered(client)

    client.get("/developer/")

    assert not ClientContact.objects.exists()


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"client_name": ""}, "required"),
        ({"client_name": "a\u202eb"}, "cannot be seen"),
        ({"client_name": "x" * 201}, "at most 200"),
        ({"contact": "nobody"}, "valid email"),
        ({"client_uri": "https://user@example.com"}, "client_uri"),
        ({"client_uri": "javascript:alert(1)"}, "valid URL"),
        ({"scopes": []}, "required"),
        ({"scopes": ["cds_client_admin"]}, "valid choice"),
    ],
)
def test_what_cannot_be_taken_is_said_and_nothing_is_stored(client, fields, words):
    answer = client.post(URL, {**FORM, **fields})

    assert answer.status_code == 200
    assert words in answer.content.decode()
    assert not Registration.objects.exists()


@pytest.mark.spec("R-43")
def test_what_a_scope_requires_is_asked_for_and_goes_with_the_registration(client):
    asks_for()

    missing = client.post(URL, FORM).content.decode()
    registered(client, cds_code="SUNNY-1")

    assert "Your invitation code" in missing and "needs this" in missing
    assert Registration.objects.get().values == {"code": "SUNNY-1"}


def test_an_image_is_looked_at_and_a_false_one_refused(client):
    asks_for(format="image", description="Your logo")

    answer = client.post(URL, {**FORM, "cds_code": SimpleUploadedFile("logo.png", b"no image")})

    assert answer.status_code == 200 and "cannot be taken" in answer.content.decode()
    assert not Registration.objects.exists()


@pytest.mark.spec("R-193s")
def test_the_form_has_the_same_limit_as_the_api(client, settings):
    settings.REGISTRATIONS_PER_MINUTE = 0

    answer = client.post(URL, FORM)

    assert answer.status_code == 429
    assert not Registration.objects.exists()


def test_the_page_of_nothing_registered_leads_to_the_form(client):
    assert client.get(DONE)["Location"] == URL


def test_the_form_costs_a_steady_number_of_queries(client):
    few = count_queries(lambda: client.get(URL))
    asks_for()

    assert count_queries(lambda: client.get(URL)) <= few + 1
    assert few <= 6


def test_the_metadata_leads_to_the_form(client, settings):
    document = client.get("/.well-known/oauth-authorization-server").json()

    assert document["cds_human_registration"] == settings.PUBLIC_URL + URL

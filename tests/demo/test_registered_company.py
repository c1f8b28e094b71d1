"""The third party of the demo that registered itself, and the walk of one that nobody knows."""

from collections import Counter
from datetime import timedelta

import pytest
from django.test import Client as Browser

from cdsc_portal.lib.time import clock
from consent.models import Client, RegistrationField
from demo.registered_company import VALUES, make_registered_company, publish_registration_fields
from demo.sandbox_walk import register_and_fetch
from tests.consent.api.cds.third_party import ask_for_token, bearer, register
from tests.factories.accounts import StaffFactory, UserFactory, household
from tests.factories.feeds import load_days


@pytest.fixture
def owner(db, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    home = household()
    home.customer.is_test = True
    home.customer.save()
    load_days(home.meter, clock.now().date() - timedelta(days=40), 39)
    publish_registration_fields()
    return home.owner


@pytest.mark.django_db
def test_its_object_for_the_apis_finds_all_that_there_is_to_list(owner):
    entry = make_registered_company(
        owner=owner.email, contact=UserFactory().email, staff=StaffFactory().email
    )
    browser = Browser()
    token = ask_for_token(browser, entry["client_id"], entry["client_secret"]).json()["access_token"]

    def listed(path):
        answer = browser.get(path, headers=bearer(token))
        assert answer.status_code == 200
        return answer.json()

    clients = listed("/cds/clients")["clients"]
    production = next(
        each["client_id"]
        for each in clients
        if each["cds_status"] == "production" and each["response_types"] == ["code"]
    )
    grants = listed(f"/cds/grants?client_ids={production}")["grants"]
    files = [each for each in listed("/cds/grants")["grants"] if "files" in each["scope"]]

    assert entry["scope"] == "cds_client_admin"
    assert Counter(each["cds_status"] for each in clients)["sandbox"] == 1
    assert {each["status"] for each in grants} == {"active", "suspended", "revoked", "closed"}
    assert [each["status"] for each in files] == ["active"]
    registration = Client.objects.get(client_id=entry["client_id"]).registration
    assert len(set(registration.messages.values_list("type", flat=True))) >= 6


@pytest.mark.django_db
@pytest.mark.spec("R-20", "R-38")
def test_the_fields_of_the_demo_are_of_each_type_and_its_values_register_for_everything(owner, client):
    document = client.get("/.well-known/oauth-authorization-server").json()

    types = {field["type"] for field in document["cds_registration_fields"].values()}
    everything = " ".join(document["cds_scope_descriptions"])

    assert len(types) == 7
    assert RegistrationField.objects.count() == len(document["cds_registration_fields"])
    assert register(client, scope=everything).status_code == 400
    assert register(client, scope=everything, **VALUES).status_code == 201
    assert register(client, scope="cds_client_admin usage_data").status_code == 201


@pytest.mark.django_db(transaction=True)
def test_a_stranger_registers_and_reads_in_the_sandbox(owner, live_server, settings, capsys):
    settings.PUBLIC_URL = live_server.url

    register_and_fetch(live_server.url)

    assert "segments of a test customer" in capsys.readouterr().out

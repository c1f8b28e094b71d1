"""Third parties in admin."""

import re

import pytest

from consent.models import Client, Registration
from tests.consent.api.cds.third_party import ask_for_token, register
from tests.factories.accounts import StaffFactory
from tests.factories.consent import ClientFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff(client):
    client.force_login(StaffFactory())
    return client


def test_staff_give_a_client_of_before_the_apis_with_a_secret_shown_once(staff):
    before = ClientFactory(name="Sunny Savings")
    url = f"/admin/consent/registration/{before.registration.pk}/apis/"

    answer = staff.post(url, {"reason": "They asked by phone."}).content.decode()
    again = staff.post(url, {"reason": "Twice."}, follow=True).content.decode()

    made = Client.objects.get(registration=before.registration, name="Sunny Savings", response_types=[])
    secret = re.search(r'id="client-secret">([^<]+)<', answer)[1]
    assert ask_for_token(staff, made.client_id, secret).status_code == 200
    assert "has an object for the APIs" in again
    assert Client.objects.count() == 2


def test_a_third_partys_page_leads_to_its_objects_and_back(staff):
    register(staff)
    registration = Registration.objects.get()

    page = staff.get(f"/admin/consent/registration/{registration.pk}/change/").content.decode()

    for made in registration.clients.all():
        assert f"/admin/consent/client/{made.pk}/change/" in page
        assert (
            f"/admin/consent/registration/{registration.pk}/"
            in staff.get(f"/admin/consent/client/{made.pk}/change/").content.decode()
        )


def test_an_object_for_the_apis_keeps_its_scope_when_staff_save_it(staff):
    register(staff)
    admin = Client.objects.get(allowed_scopes=["cds_client_admin"])

    answer = staff.post(
        f"/admin/consent/client/{admin.pk}/change/", {"name": "New", "purpose": "", "confirmed": "1"}
    )

    admin.refresh_from_db()
    assert answer.status_code == 302
    assert (admin.name, admin.allowed_scopes, admin.redirect_uris) == ("New", ["cds_client_admin"], "")
    assert admin.authorization_grant_type == "client-credentials"

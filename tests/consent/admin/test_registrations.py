"""Third parties in admin."""

import re
from datetime import timedelta

import pytest

from cdsc_portal.lib.time import clock
from consent.models import Client, ClientStatus, Registration
from consent.services.third_parties.refused_calls import RefusedCall, record_by_client
from tests.consent.api.cds.third_party import ask_for_token, register
from tests.factories.accounts import StaffFactory
from tests.factories.consent import ClientFactory
from tests.support.queries import count_queries

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


def test_objects_of_one_name_are_told_apart_by_id_status_and_scopes(staff):
    first = ClientFactory(name="Sunny Savings", allowed_scopes=["usage_data"])
    second = ClientFactory(
        name="Sunny Savings",
        registration=first.registration,
        status=ClientStatus.SANDBOX,
        allowed_scopes=["usage_data", "bill_data"],
    )

    page = page_of(staff, first.registration)

    assert f"<code>{first.client_id}</code> · {first.get_status_display()} · 1 scope</div>" in page
    assert f"<code>{second.client_id}</code> · {second.get_status_display()} · 2 scopes</div>" in page
    assert first.get_status_display() != second.get_status_display()


def test_a_third_partys_page_has_its_refused_calls_and_no_others(staff):
    client, stranger = ClientFactory(), ClientFactory()
    refuse(client, "k7mq-2xwd")
    refuse(client, "gone-2222", day=31)
    refuse(stranger, "else-3333")

    page = page_of(staff, client.registration)

    assert "401 <code>invalid_token</code> · usage_data · 1 ×" in page
    assert "k7mq-2xwd" in page and "gone-2222" not in page and "else-3333" not in page


def test_a_third_partys_page_costs_the_same_with_more_objects_and_refusals(staff):
    client = ClientFactory()
    url = url_of(client.registration)
    refuse(client, "k7mq-2xwd")
    staff.get(url)  # what is looked up once a process
    few = count_queries(lambda: staff.get(url))
    for _number in range(3):
        refuse(ClientFactory(registration=client.registration), "h8nb-4ppk")

    assert count_queries(lambda: staff.get(url)) == few


def refuse(client, reference, *, day=0):
    call = RefusedCall("usage_data", 401, "invalid_token", reference)
    record_by_client(call, client_id=client.pk, at=clock.now() - timedelta(days=day))


def url_of(registration) -> str:
    return f"/admin/consent/registration/{registration.pk}/change/"


def page_of(staff, registration) -> str:
    return " ".join(staff.get(url_of(registration)).content.decode().split())


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

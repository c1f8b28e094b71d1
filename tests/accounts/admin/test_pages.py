"""From customer to meter and back by clicks, and what the forms refuse."""

import re
from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import LinkChange, Membership, MeterInstallation, OutgoingMail, SupplyTerm, User
from tests.factories.accounts import (
    CustomerFactory,
    EntityFactory,
    MeterDeviceFactory,
    MeterInstallationFactory,
    ServicePointFactory,
    StaffFactory,
    SupplyTermFactory,
    UserFactory,
    household,
    place,
)
from tests.support.admin_pages import form_of, url_of

pytestmark = pytest.mark.django_db


def test_clicks_lead_from_customer_to_meter_and_back(staff):
    home = household()
    way = [home.customer, home.account, home.contract, home.point, home.meter]

    for here, there in [*zip(way, way[1:], strict=False), *zip(way[:0:-1], way[-2::-1], strict=True)]:
        page = staff.get(url_of(here))
        assert f'href="{url_of(there)}"' in page.content.decode(), f"{here!r} does not lead to {there!r}"


def test_clicks_lead_from_customer_to_people_and_back(staff):
    home = household()

    assert url_of(home.owner) in staff.get(url_of(home.customer)).content.decode()
    assert url_of(home.customer) in staff.get(url_of(home.owner)).content.decode()


def test_a_point_with_thirty_meters_costs_as_many_queries_as_with_one(staff):
    point = household().point
    with CaptureQueriesContext(connection) as queries_with_one:
        staff.get(url_of(point))

    MeterInstallationFactory.create_batch(15, service_point=point)
    with CaptureQueriesContext(connection) as many:
        staff.get(url_of(point))

    assert len(many) == len(queries_with_one)


def test_a_meter_in_two_points_at_once_is_refused_by_name(staff):
    home, other = household(), ServicePointFactory()
    page = staff.get(url_of(other))
    data = form_of(page) | {
        "installations-TOTAL_FORMS": "1",
        "installations-0-meter": home.meter.pk,
        "installations-0-service_point": other.pk,
        "installations-0-start_0": "2025-01-01",
        "installations-0-start_1": "00:00:00",
    }

    answer = staff.post(url_of(other), data)

    assert answer.status_code == 200
    assert f"This overlaps {home.meter} at {home.point}" in answer.content.decode()
    assert MeterInstallation.objects.count() == 1


def test_a_swap_is_an_end_and_a_start_in_one_go(staff):
    home, new = household(), MeterDeviceFactory()
    data = form_of(staff.get(url_of(home.point))) | {
        "installations-TOTAL_FORMS": "2",
        "installations-0-end_0": "2025-01-01",
        "installations-0-end_1": "00:00:00",
        "installations-1-meter": new.pk,
        "installations-1-service_point": home.point.pk,
        "installations-1-start_0": "2025-01-01",
        "installations-1-start_1": "00:00:00",
    }

    answer = staff.post(url_of(home.point), data)

    assert answer.status_code == 302
    old, swapped = MeterInstallation.objects.order_by("start")
    assert old.end == swapped.start
    assert (old.meter, swapped.meter) == (home.meter, new)


def test_an_end_before_the_start_is_refused(staff):
    home = household()
    data = form_of(staff.get(url_of(home.point))) | {
        "installations-0-end_0": "2019-01-01",
        "installations-0-end_1": "00:00:00",
    }

    answer = staff.post(url_of(home.point), data)

    assert "The end must come after the start." in answer.content.decode()
    assert MeterInstallation.objects.get().end is None


def test_overlapping_supply_terms_are_refused_by_name(staff):
    home = household()
    term = SupplyTermFactory(contract=home.contract)
    data = form_of(staff.get(url_of(home.contract))) | {
        "supply_terms-TOTAL_FORMS": "2",
        "supply_terms-1-contract": home.contract.pk,
        "supply_terms-1-supplier": EntityFactory().pk,
        "supply_terms-1-tariff_code": "FLAT",
        "supply_terms-1-tariff_name": "Flat",
        "supply_terms-1-start": "2025-01-01",
    }

    refused = staff.post(url_of(home.contract), data)
    taken = staff.post(url_of(home.contract), data | {"supply_terms-0-end": "2025-01-01"})

    assert f"This overlaps {term}" in refused.content.decode()
    assert taken.status_code == 302
    assert list(SupplyTerm.objects.order_by("start").values_list("end", flat=True)) == [
        date(2025, 1, 1),
        None,
    ]


def test_a_region_has_dates_and_two_at_once_are_refused_by_name(staff):
    home = household()
    west = place(home.point, "WEST")
    before = home.point.cds_modified
    data = form_of(staff.get(url_of(home.point))) | {
        "placements-TOTAL_FORMS": "2",
        "placements-1-service_point": home.point.pk,
        "placements-1-region": "EAST",
        "placements-1-start_0": "2026-03-01",
        "placements-1-start_1": "00:00:00",
    }
    nowhere = {
        "placements-1-region": "",
        "placements-0-end_0": "2026-03-01",
        "placements-0-end_1": "00:00:00",
    }

    refused = staff.post(url_of(home.point), data)
    empty = staff.post(url_of(home.point), data | nowhere)
    taken = staff.post(url_of(home.point), data | nowhere | {"placements-1-region": "EAST"})

    assert f"This overlaps {west}" in refused.content.decode()
    assert "Say the grid region or the pricing node." in empty.content.decode()
    assert taken.status_code == 302
    assert list(home.point.placements.values_list("region", flat=True)) == ["WEST", "EAST"]
    home.point.refresh_from_db()
    assert home.point.cds_modified > before
    assert LinkChange.objects.get().region == "WEST"
    assert "EAST" in staff.get("/admin/accounts/servicepoint/").content.decode()


def test_a_wrong_region_is_not_written_over_but_deleted_beside_the_right_one(staff):
    home = household()
    place(home.point, "WEST")
    data = form_of(staff.get(url_of(home.point)))
    right = {
        "placements-TOTAL_FORMS": "2",
        "placements-0-DELETE": "on",
        "placements-1-service_point": home.point.pk,
        "placements-1-region": "EAST",
        "placements-1-start_0": data["placements-0-start_0"],
        "placements-1-start_1": data["placements-0-start_1"],
    }

    staff.post(url_of(home.point), data | {"placements-0-region": "EAST"})
    kept = home.point.placements.get().region
    staff.post(url_of(home.point), data | right)

    assert (kept, home.point.placements.get().region) == ("WEST", "EAST")
    lost = LinkChange.objects.get()
    assert (lost.region, lost.new_start, lost.lost_from) == ("WEST", None, lost.old_start)


def test_a_correction_by_hand_is_a_modification_that_older_files_do_not_undo(staff):
    home = household()
    before = home.contract.cds_modified

    staff.post(url_of(home.contract), form_of(staff.get(url_of(home.contract))) | {"address": "9 New Street"})

    home.contract.refresh_from_db()
    assert home.contract.address == "9 New Street"
    assert home.contract.cds_modified == home.contract.version_at > before


def test_nothing_of_the_hierarchy_is_deleted_in_admin(staff):
    home = household()

    for row in (home.customer, home.account, home.contract, home.point, home.meter, home.owner):
        assert staff.post(url_of(row).replace("change", "delete"), {"post": "yes"}).status_code == 403


def test_staff_add_a_user_who_is_invited_and_has_no_password(staff, django_capture_on_commit_callbacks):
    customer = CustomerFactory()
    page = staff.get("/admin/accounts/user/add/")

    staff.post(
        "/admin/accounts/user/add/",
        {
            "email": "Kim@example.com",
            "name": "Kim",
            "language": "es",
            "customer": customer.pk,
            "role": "owner",
        },
    )

    user = User.objects.get(email="kim@example.com")
    assert 'type="password"' not in page.content.decode()
    assert (user.language, user.is_staff, user.has_usable_password()) == ("es", False, False)
    assert OutgoingMail.objects.filter(kind="invitation", user=user).exists()
    assert Membership.objects.get(user=user).customer == customer


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"email": "TAKEN@example.com"}, "already exists"),
        ({"role": "delegate"}, "A delegate, and nobody else, has an end."),
        ({"customer": ""}, "Name a customer and a role, or neither."),
    ],
)
def test_an_invitation_that_cannot_be_says_why(staff, fields, words):
    UserFactory(email="taken@example.com")
    data = {"email": "kim@example.com", "name": "Kim", "language": "en", "role": "owner"}
    data["customer"] = CustomerFactory().pk

    page = staff.post("/admin/accounts/user/add/", data | fields)

    assert words in page.content.decode()
    assert User.objects.count() == 2


def test_no_page_of_a_user_shows_a_password(staff):
    page = staff.get(url_of(UserFactory())).content.decode()

    assert "argon2" not in page
    assert not re.search(r'name="password', page)


def test_staff_who_do_not_manage_staff_cannot_raise_themselves_or_others(client):
    from django.contrib.auth.models import Permission

    clerk = UserFactory(is_staff=True)
    most = Permission.objects.filter(content_type__app_label="accounts").exclude(codename="manage_staff")
    clerk.user_permissions.set(most)
    boss, customer = StaffFactory(), UserFactory()
    client.force_login(clerk)

    data = form_of(client.get(url_of(customer))) | {"is_superuser": "on", "is_staff": "on"}
    client.post(url_of(customer), data)
    client.post("/admin/accounts/user/add/", {"email": "n@example.com", "language": "en", "is_staff": "on"})

    customer.refresh_from_db()
    assert (customer.is_staff, customer.is_superuser) == (False, False)
    assert not User.objects.get(email="n@example.com").is_staff
    assert client.post(url_of(boss), {"email": "mine@example.com"}).status_code == 403


def test_staff_come_in_by_the_door_of_everyone(client):
    answer = client.get("/admin/", follow=True)

    assert answer.redirect_chain[-1][0].startswith("/accounts/login/?next=")
    assert "%2Fadmin%2F" in answer.redirect_chain[-1][0]


def test_a_customer_does_not_get_into_admin(client):
    client.force_login(household().owner)

    assert client.get("/admin/", follow=True).status_code == 403

"""Staff write what is public about the server: its description and its coverage."""

import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from accounts.models import StaffAction
from consent.models import CoverageEntry, ServerDescription
from tests.consent.api.cds.coverage import SQUARE, listed_entry
from tests.support.admin_pages import form_of, of_role

pytestmark = pytest.mark.django_db
ADD = "/admin/consent/coverageentry/add/"
ENTRY = {
    "entry_id": "valley", "is_listed": "on", "entity_name": "River Valley Power", "country": "US",
    "name": "The valley", "type": "geographic", "role": "authoritative", "capabilities": "oauth",
    "infrastructure_types": ["distribution_utility"], "commodity_types": ["electricity"],
}  # fmt: skip


@pytest.fixture
def clerk(client):
    client.force_login(of_role("onboarding"))
    return client


def outline(document=SQUARE) -> SimpleUploadedFile:
    return SimpleUploadedFile("area.json", json.dumps(document).encode())


def refusals(page) -> dict:
    assert page.status_code == 200
    return page.context["adminform"].form.errors


def test_an_entry_that_staff_add_is_published_at_once(clerk, client):
    page = clerk.post(ADD, {**ENTRY, "geojson_upload": outline()})

    assert page.status_code == 302, refusals(page)
    (entry,) = client.get("/cds/coverage").json()["coverage_entries"]
    assert (entry["id"], entry["capabilities"], entry["commodity_types"]) == (
        "valley",
        ["oauth"],
        ["electricity"],
    )
    assert client.get("/cds/coverage/valley/area.geojson").json() == SQUARE
    assert StaffAction.objects.filter(model="consent.coverageentry").exists()


@pytest.mark.spec("M-10", "M-19", "M-20", "M-22", "M-23", "M-24", "M-25")
@pytest.mark.parametrize(
    ("field", "changed", "words"),
    [
        ("capabilities", {"capabilities": "coverage oauth"}, "coverage"),
        ("capabilities", {"capabilities": "billing"}, "billing"),
        ("type", {"geojson_upload": ""}, "needs a map"),
        ("geojson_upload", {"geojson_upload": outline({**SQUARE, "crs": {}})}, "crs"),
        ("geojson_upload", {"geojson_upload": SimpleUploadedFile("a", b" " * (5 * 2**20 + 1))}, "5 MB"),
        ("map_upload", {"map_upload": SimpleUploadedFile("map.png", b"<svg/>")}, "PNG"),
        ("country", {"country": "US CA"}, ""),
        ("role", {"role": ""}, "required"),
        ("entry_id", {"entry_id": "two words"}, ""),
        ("infrastructure_types", {"infrastructure_types": ["pub"]}, "pub"),
    ],
)
def test_what_may_not_be_published_is_refused_in_words(clerk, field, changed, words):
    page = clerk.post(ADD, {**ENTRY, "geojson_upload": outline(), **changed})

    assert words in str(refusals(page)[field])
    assert not CoverageEntry.objects.exists()


@pytest.mark.spec("M-26s")
def test_nobody_becomes_the_source_of_truth_by_leaving_a_field_alone(clerk):
    role = clerk.get(ADD).context["adminform"].form["role"]

    assert (role.value(), role.field.required, role.field.choices[0][0]) == ("", True, "")
    assert "only one server" in str(role.help_text)


@pytest.mark.spec("M-18")
def test_updated_moves_with_content_and_the_id_never(clerk):
    entry = listed_entry()
    address = reverse("admin:consent_coverageentry_change", args=[entry.pk])
    same = form_of(clerk.get(address))

    clerk.post(address, same)
    unchanged = CoverageEntry.objects.get().updated
    page = clerk.post(address, {**same, "name": "Another", "entry_id": "other"})

    assert page.status_code == 302
    after = CoverageEntry.objects.get()
    assert (unchanged, after.updated > entry.updated) == (entry.updated, True)
    assert (after.name, after.entry_id) == ("Another", "valley")


def test_a_map_takes_the_place_of_the_outline_and_neither_cannot_go(clerk, client):
    entry = listed_entry()
    address = reverse("admin:consent_coverageentry_change", args=[entry.pk])
    same = form_of(clerk.get(address))

    assert "type" in refusals(clerk.post(address, {**same, "remove_geojson": "on"}))
    new_map = SimpleUploadedFile("map", b"%PDF-1.7 ...")
    clerk.post(address, {**same, "remove_geojson": "on", "map_upload": new_map})

    (read,) = client.get("/cds/coverage").json()["coverage_entries"]
    assert (read["map_content_type"], "geojson_resource" in read) == ("application/pdf", False)


@pytest.mark.spec("M-12")
def test_staff_describe_the_server(clerk, client):
    description = ServerDescription.objects.get()
    address = reverse("admin:consent_serverdescription_change", args=[description.pk])
    same = form_of(clerk.get(address))

    clerk.post(address, same)
    assert ServerDescription.objects.get().updated == description.updated
    refused = clerk.post(address, {**same, "related_metadata": "http://gas.example.com/"})
    clerk.post(address, {**same, "name": "Valley", "related_metadata": "https://gas.example.com/cds.json\n"})

    assert "https" in str(refusals(refused)["related_metadata"])
    metadata = client.get("/.well-known/cds-server-metadata.json").json()
    assert (metadata["name"], metadata["related_metadata"]) == (
        "Valley",
        ["https://gas.example.com/cds.json"],
    )
    assert clerk.get("/admin/consent/serverdescription/add/").status_code == 403

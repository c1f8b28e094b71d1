"""GET /cds/coverage and the files of its entries"""

import json
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import pytest
from django.db import IntegrityError, transaction

from consent.api.cds import listing
from tests.consent.api.cds.coverage import GEOJSON, SQUARE, listed_entry

pytestmark = pytest.mark.django_db
ADDRESS = "/cds/coverage"
AT = datetime(2026, 3, 1, tzinfo=UTC)


def read(client, address: str = ADDRESS, **query: str) -> dict:
    answer = client.get(address, query)
    assert answer.status_code == 200, answer.content
    return answer.json()


def ids(listing: dict) -> list[str]:
    return [entry["id"] for entry in listing["coverage_entries"]]


@pytest.mark.spec("M-05", "M-13", "M-17", "M-21", "M-22", "M-24", "M-25")
def test_an_entry_is_read_with_every_member(client, settings):
    listed_entry(capabilities=["oauth"], at=AT, files={**GEOJSON, "map": ("image/png", b"\x89PNG\r\n\x1a\n")})
    base = f"{settings.PUBLIC_URL}/cds/coverage/valley"

    page = read(client)
    (entry,) = page["coverage_entries"]

    assert (page["next"], page["previous"]) == (None, None)
    assert entry.pop("created")
    assert entry == {
        "id": "valley",
        "updated": "2026-03-01T00:00:00Z",
        "entity_name": "River Valley Power",
        "entity_abbreviation": None,
        "country": "US",
        "name": "The area valley",
        "type": "geographic",
        "role": "authoritative",
        "infrastructure_types": ["distribution_utility"],
        "commodity_types": ["electricity"],
        "capabilities": ["oauth"],
        "map_resource": f"{base}/map",
        "map_content_type": "image/png",
        "geojson_resource": f"{base}/area.geojson",
    }


@pytest.mark.spec("M-22", "M-38")
def test_its_files_are_read_by_everybody(client):
    listed_entry(files={**GEOJSON, "map": ("image/png", b"\x89PNG\r\n\x1a\nrest")})

    outline, map_ = client.get(f"{ADDRESS}/valley/area.geojson"), client.get(f"{ADDRESS}/valley/map")

    assert (outline["Content-Type"], outline.json()) == ("application/geo+json", SQUARE)
    assert (map_["Content-Type"], map_.content) == ("image/png", b"\x89PNG\r\n\x1a\nrest")
    known = client.get(f"{ADDRESS}/valley/map", headers={"If-None-Match": map_["ETag"]})
    assert known.status_code == 304


@pytest.mark.spec("M-06")
def test_what_is_not_published_is_nowhere(client):
    listed_entry(is_listed=False, description="a draft")

    assert read(client)["coverage_entries"] == []
    assert client.get(f"{ADDRESS}/valley/area.geojson").status_code == 404
    assert client.get(f"{ADDRESS}/other/map").json()["error"] == "not_found"
    assert "coverage" not in client.get("/.well-known/cds-server-metadata.json").json()["capabilities"]


@pytest.mark.spec("M-14", "M-15", "M-16")
def test_pages_are_newest_first_and_their_links_keep_the_filter(client, monkeypatch):
    monkeypatch.setattr(listing, "PAGE_SIZE", 2)
    for days, name in enumerate("abcdef"):
        listed_entry(name, at=AT + timedelta(days=days // 2))  # two of each time
    wanted = "f e d b a unknown"

    pages = [read(client, ids=wanted)]
    while pages[-1]["next"]:
        split = urlsplit(pages[-1]["next"])
        pages.append(read(client, f"{split.path}?{split.query}"))
    back = urlsplit(pages[-1]["previous"])

    assert [ids(page) for page in pages] == [["f", "e"], ["d", "b"], ["a"]]
    assert ids(read(client, f"{back.path}?{back.query}")) == ["d", "b"]
    assert (pages[0]["previous"], pages[-1]["next"]) == (None, None)
    first = read(client, urlsplit(pages[1]["previous"]).path + "?" + urlsplit(pages[1]["previous"]).query)
    assert (ids(first), first["previous"]) == (["f", "e"], None)
    assert ids(read(client)) == ["f", "e"]


@pytest.mark.spec("M-16", "M-18")
@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("ids=a%20b", ["b", "a"]),
        ("ids=a+c", ["a"]),
        ("ids=c", []),
        ("ids=", ["b", "a"]),
        ("other=1", ["b", "a"]),
    ],
)
def test_ids_narrow_the_listing(client, query, expected):
    listed_entry("a", at=AT)
    listed_entry("b", at=AT + timedelta(days=1))

    assert ids(read(client, f"{ADDRESS}?{query}")) == expected
    with pytest.raises(IntegrityError), transaction.atomic():
        listed_entry("a")


@pytest.mark.spec("M-06")
@pytest.mark.parametrize("query", ["ids=a&ids=b", "page=nonsense", "ids=a%00b"])
def test_what_cannot_be_read_is_refused_in_words(client, query):
    answer = client.get(f"{ADDRESS}?{query}")

    assert (answer.status_code, answer["Content-Type"]) == (400, "application/problem+json")
    assert answer.json()["error"] == "invalid_request"
    assert query.split("=")[0] in answer.json()["error_description"]


@pytest.mark.spec("M-05")
def test_a_page_costs_the_same_however_many_entries(client, django_assert_num_queries):
    for name in "abc":
        listed_entry(name)

    with django_assert_num_queries(3):  # the count of calls, entries, kinds of their files
        answer = client.get(ADDRESS)

    known = client.get(ADDRESS, headers={"If-None-Match": answer["ETag"]})
    assert (len(ids(json.loads(answer.content))), known.status_code) == (3, 304)

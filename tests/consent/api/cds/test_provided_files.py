"""The Server-Provided Files API (CDS-WG1-02 12)."""

from datetime import timedelta
from pathlib import Path

import pytest

from cdsc_portal.lib.http.checked_stream import BrokenOffError
from cdsc_portal.lib.time import clock
from consent.models import AccessToken, Client, Disclosure, Grant, Message, ProvidedFile
from consent.services.third_parties.provided_files import describe_file, take_back
from tests.consent.api.cds.grant_admin import (
    FILES,
    SCOPE,
    files_party,
    granted,
    object_of,
    provide,
    token_for,
)
from tests.consent.api.cds.third_party import bearer
from tests.consent.api.reader import Reader
from tests.factories.accounts import StaffFactory, household
from tests.support.queries import count_queries
from tools.files import ROOT, project_files

pytestmark = pytest.mark.django_db
LIST = "/cds/files"


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"
    return settings.MEDIA_ROOT


@pytest.fixture
def party(client, db):
    return files_party(client)


def body(answer) -> bytes:
    return b"".join(answer.streaming_content) if answer.streaming else answer.content


@pytest.mark.spec("R-17", "R-36", "R-67")
def test_a_files_grant_is_made_by_staff_for_the_object_that_registered_for_files(party):
    file, other = provide(party), provide(party)

    grant = granted(file, other)

    holder = object_of(party, FILES)
    assert (grant.client, grant.kind, grant.user, grant.scope) == (holder, "files", None, FILES)
    assert grant.authorization_details == [
        {"type": FILES, "file_id": file.public_id},
        {"type": FILES, "file_id": other.public_id},
    ]
    assert (holder.auth_method, holder.credentials.count(), holder.grant_types) == (None, 0, [])
    assert Message.objects.get(client=holder).grant == grant
    assert grant.events.get().actor == "staff"


@pytest.mark.spec("R-01", "R-174", "R-175", "R-176", "R-187")
def test_files_of_the_grant_are_listed_newest_first_with_their_addresses(client, party):
    old, new, hidden = provide(party, name="old.csv"), provide(party, description="Rates."), provide(party)
    headers = bearer(token_for(party, granted(old, new)))
    granted(hidden)

    listed = client.get(LIST, headers=headers).json()

    assert [each["file_id"] for each in listed["files"]] == [new.public_id, old.public_id]
    assert (listed["next"], listed["previous"]) == (None, None)
    first = listed["files"][0]
    assert first == {
        "file_id": new.public_id,
        "name": "rates.pdf",
        "description": "Rates.",
        "mime_type": "application/pdf",
        "size": 14,
        "uri": first["uri"],
        "download_uri": first["download_uri"],
        "created": first["created"],
        "modified": first["created"],
    }
    assert client.get(first["uri"], headers=headers).json() == first
    assert body(client.get(first["download_uri"], headers=headers)) == b"%PDF-1.7 rates"
    assert listed["files"][1]["description"] == ""
    assert client.get(f"{LIST}/{hidden.public_id}", headers=headers).status_code == 404


@pytest.mark.spec("R-186")
def test_the_filter_narrows_and_opens_nothing(client, party):
    mine, also, hidden = provide(party), provide(party), provide(party)
    headers = bearer(token_for(party, granted(mine, also)))

    def ids(query):
        return [each["file_id"] for each in client.get(f"{LIST}?{query}", headers=headers).json()["files"]]

    assert ids(f"file_ids={mine.public_id}") == [mine.public_id]
    assert ids(f"file_ids={mine.public_id}%20{hidden.public_id}%20unknown") == [mine.public_id]
    assert ids(f"file_ids={hidden.public_id}") == []
    assert set(ids("file_ids=")) == {mine.public_id, also.public_id}
    assert client.get(f"{LIST}?file_ids=a&file_ids=b", headers=headers).status_code == 400
    assert client.get(f"{LIST}?page=1", headers=headers).status_code == 400


def test_a_described_file_moves_to_the_front(client, party):
    old, new = provide(party), provide(party)
    headers = bearer(token_for(party, granted(old, new)))

    describe_file(file=old, name="later.csv", description="Text.", at=clock.now())

    first = client.get(LIST, headers=headers).json()["files"][0]
    assert (first["file_id"], first["name"], first["mime_type"]) == (old.public_id, "later.csv", "text/csv")
    assert first["modified"] > first["created"]


def test_a_download_says_how_it_is_called_and_is_tagged(client, party):
    file = provide(party)
    headers, url = bearer(token_for(party, granted(file))), f"{LIST}/{file.public_id}/content"

    answer = client.get(url, headers=headers)
    part = client.get(url, headers={**headers, "Range": "bytes=0-3"})
    behind = client.get(url, headers={**headers, "Range": "bytes=99-"})
    known = client.get(url, headers={**headers, "If-None-Match": answer["ETag"]})
    head = client.head(url, headers=headers)

    assert answer["Content-Disposition"] == 'attachment; filename="rates.pdf"'
    assert (answer["Content-Type"], answer["Content-Length"]) == ("application/pdf", "14")
    assert answer["ETag"] == f'"{file.digest}"'
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Cache-Control"] == "no-store"
    assert (part.status_code, part["Content-Range"], body(part)) == (206, "bytes 0-3/14", b"%PDF")
    assert (behind.status_code, behind["Content-Range"]) == (416, "bytes */14")
    assert (known.status_code, known.content) == (304, b"")
    assert (head.status_code, body(head), head["Content-Length"]) == (200, b"", "14")


@pytest.mark.parametrize(
    "name",
    [
        'a"b; filename=x.html',
        "../../etc/passwd",
        "\N{LATIN SMALL LETTER E WITH ACUTE}t\N{CJK UNIFIED IDEOGRAPH-4E2D}.pdf",
        "%0d%0aX: 1",
        "a" * 200,
    ],
)
def test_a_hostile_name_stays_a_name(client, party, media, name):
    file = provide(party, name=name)
    headers = bearer(token_for(party, granted(file)))

    answer = client.get(f"{LIST}/{file.public_id}/content", headers=headers)

    disposition = answer["Content-Disposition"]
    assert disposition.startswith("attachment; filename") and disposition.isascii()
    assert "X: 1" not in answer.headers
    assert client.get(LIST, headers=headers).json()["files"][0]["name"] == name
    stored = Path(file.file.path)
    assert stored.is_relative_to(media / "provided") and stored.name == file.public_id


@pytest.mark.spec("X-18")
def test_a_file_lies_for_the_server_alone(party, media):
    file = provide(party)

    path = Path(file.file.path)
    assert oct(path.stat().st_mode & 0o777) == "0o600"
    assert {oct(folder.stat().st_mode & 0o777) for folder in list(path.parents)[:4]} == {"0o700"}


@pytest.mark.spec("X-20")
def test_each_release_is_recorded_and_nothing_else(client, party):
    file, other = provide(party), provide(party)
    grant = granted(file, other)
    headers, url = bearer(token_for(party, grant)), f"{LIST}/{file.public_id}"
    etag = f'"{file.digest}"'

    client.get(LIST, headers=headers)
    client.get(url, headers=headers)
    body(client.get(f"{url}/content", headers=headers))
    for answer in (
        client.head(url, headers=headers),
        client.head(f"{url}/content", headers=headers),
        client.get(f"{url}/content", headers={**headers, "If-None-Match": etag}),
        client.get(f"{LIST}/unknown", headers=headers),
    ):
        body(answer)

    released = Disclosure.objects.order_by("pk").values_list("grant", "scope", "resource", "value_count")
    assert list(released) == [(grant.pk, FILES, "provided_files", count) for count in (2, 1, 1)]


def test_a_download_breaks_off_once_the_grant_is_over(client, party, monkeypatch):
    monkeypatch.setattr("cdsc_portal.lib.http.checked_stream.CHECK_BYTES", 1)
    file = provide(party, content=b"x" * 200_000)
    grant = granted(file)
    answer = client.get(f"{LIST}/{file.public_id}/content", headers=bearer(token_for(party, grant)))
    pieces = iter(answer.streaming_content)
    next(pieces)

    take_back(file=file, by=StaffFactory(), at=clock.now())

    with pytest.raises(BrokenOffError):
        list(pieces)


@pytest.mark.spec("R-37")
def test_no_other_token_opens_files_and_theirs_opens_nothing_else(client, party):
    file = provide(party)
    token = token_for(party, granted(file))
    reader = Reader(party.sandbox)
    reader.granted(household().contract)
    others = {"admin": party.token, "data": reader.token, "grant admin": token_for(party, reader.grant)}

    paths = [LIST, f"{LIST}/{file.public_id}", f"{LIST}/{file.public_id}/content"]
    answers = {
        (who, path): client.get(path, headers=bearer(other))
        for who, other in others.items()
        for path in paths
    }

    assert {(each.status_code, each.json()["error"]) for each in answers.values()} == {
        (403, "insufficient_scope")
    }
    assert {
        client.get(path, headers=bearer(token)).status_code for path in ("/usage_data", "/cds/clients")
    } == {403}
    assert {client.get(path).status_code for path in paths} == {401}
    assert not Disclosure.objects.exists()


@pytest.mark.parametrize("end", ["token", "grant", "own", "holder", "administrator"])
def test_what_ends_behind_a_token_ends_it(client, party, end):
    file = provide(party)
    grant = granted(file)
    headers, at = bearer(token_for(party, grant)), clock.now()
    if end == "token":
        AccessToken.objects.filter(opens=grant).update(expires=at - timedelta(seconds=1))
    elif end == "grant":
        Grant.objects.filter(pk=grant.pk).update(status="suspended")
    elif end == "own":
        Grant.objects.filter(scope=SCOPE).update(status="closed")
    else:
        of = FILES if end == "holder" else SCOPE
        Client.objects.filter(pk=object_of(party, of).pk).update(status="disabled")

    assert client.get(LIST, headers=headers).status_code == 401


def test_another_third_party_finds_nothing(client, party):
    stranger = files_party(client, client_name="Stranger")
    file, theirs = provide(party), provide(stranger)
    granted(file)
    headers = bearer(token_for(stranger, granted(theirs)))
    # not even where a grant names a file of another third party
    Grant.objects.filter(client=object_of(stranger, FILES)).update(
        authorization_details=[{"type": FILES, "file_id": file.public_id}]
    )

    assert client.get(LIST, headers=headers).json()["files"] == []
    assert client.get(f"{LIST}/{file.public_id}", headers=headers).status_code == 404
    assert client.get(f"{LIST}/{file.public_id}/content", headers=headers).status_code == 404


@pytest.mark.spec("R-94")
def test_what_is_taken_back_is_gone_from_each_grant(client, party):
    file, other = provide(party), provide(party)
    both, alone = granted(file, other), granted(file)
    headers = bearer(token_for(party, both))

    taken = take_back(file=file, by=StaffFactory(), at=clock.now())

    assert taken == 2
    assert [each["file_id"] for each in client.get(LIST, headers=headers).json()["files"]] == [
        other.public_id
    ]
    alone.refresh_from_db()
    assert alone.status == "disabled"
    assert both.events.order_by("-pk").first().change == "narrowed"
    assert Message.objects.get(grant=both, name="Grant narrowed")
    assert Message.objects.get(grant=alone, name="Grant disabled")
    assert take_back(file=file, by=StaffFactory(), at=clock.now()) == 0


def test_listing_many_costs_as_many_queries_as_few(client, party):
    few = bearer(token_for(party, granted(provide(party))))
    many = bearer(token_for(party, granted(*(provide(party) for _ in range(5)))))
    ProvidedFile.objects.count()

    # the gate, the count, savepoints, the gate with its lock, the files, the disclosure
    assert count_queries(lambda: client.get(LIST, headers=few)) == 7
    assert count_queries(lambda: client.get(LIST, headers=many)) == 7


def test_calls_are_limited_and_say_so(client, party, settings):
    headers = bearer(token_for(party, granted(provide(party))))
    settings.API_CALLS_PER_MINUTE = 0

    answer = client.get(LIST, headers=headers)

    assert answer.status_code == 429
    assert answer["Retry-After"] and answer["RateLimit"]


@pytest.mark.spec("R-177s")
def test_no_program_puts_a_file_there(client, party):
    """The files API is for what people at the utility choose, so nothing can feed it."""
    file = provide(party)
    tokens = (party.token, token_for(party, granted(file)))

    for token in tokens:
        for path in (LIST, f"{LIST}/{file.public_id}", f"{LIST}/{file.public_id}/content"):
            for method in ("post", "put", "patch", "delete"):
                call = getattr(client, method)
                answer = call(path, b"meter,start,value", content_type="text/csv", headers=bearer(token))
                assert answer.status_code == 405, (method, path)
    callers = [
        path.relative_to(ROOT).as_posix()
        for path in project_files("*.py")
        if "store_file(" in path.read_text(encoding="utf-8") and "tests" not in path.parts
    ]
    assert sorted(callers) == [
        "consent/admin/provided_file.py",
        "consent/services/third_parties/provided_files.py",
        "demo/registered_company.py",
    ]
    assert ProvidedFile.objects.get() == file

"""X-08: a reference to a pushed request is found by nobody and taken by no other client."""

import pytest

from consent.models import ConsentRequest
from tests.consent.oauth.third_party import answered

pytestmark = pytest.mark.spec("X-08")


@pytest.mark.parametrize(
    "spoil",
    [
        lambda uri: uri[:-1],
        lambda uri: uri + "0",
        lambda uri: uri + "\x00",
        lambda uri: uri.swapcase(),
        lambda uri: uri.rpartition(":")[2],
        lambda uri: uri.rpartition(":")[0] + ":",
        lambda uri: uri.rpartition(":")[0] + ":' OR '1'='1",
        lambda uri: uri.rpartition(":")[0] + ":%",
        lambda uri: "https://evil.example.com/" + uri,
        lambda uri: "\u202e" + uri,
        lambda uri: uri * 200,
    ],
)
def test_nothing_near_a_reference_opens_it(third_party, spoil):
    request_uri = third_party.push().json()["request_uri"]

    answer = third_party.arrive(spoil(request_uri))

    if answer.status_code == 303:
        assert answer["Location"].startswith(third_party.redirect_uri + "?")
        assert answered(answer["Location"])["error"] in {"invalid_request_uri", "invalid_request"}
    else:
        assert answer.status_code == 400
    assert ConsentRequest.objects.get().user is None
    assert "/oauth/authorize/" in third_party.arrive(request_uri)["Location"]


def test_who_takes_anothers_reference_home_learns_nothing_of_it(third_party, rival):
    rival.client.redirect_uris = "https://rival.example.com/callback"
    rival.client.save()
    request_uri = third_party.push().json()["request_uri"]

    taken = rival.arrive(request_uri, redirect_uri=third_party.redirect_uri)
    lost = rival.arrive(request_uri, client_id="nobody")

    for answer in (taken, lost):
        assert not answer.get("Location", "").startswith((third_party.redirect_uri, "/oauth/"))
        assert third_party.client.name.encode() not in answer.content

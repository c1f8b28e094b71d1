"""X-07: who is no client of ours stores no request, and nobody pushes a reference to another."""

import base64
from urllib.parse import urlencode

import pytest

from consent.models import ConsentRequest
from tests.consent.oauth.third_party import FORM

pytestmark = pytest.mark.spec("X-07")

REFERENCE = "urn:ietf:params:oauth:request_uri:of-another"


def basic(text: bytes) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(text).decode()}


@pytest.mark.parametrize(
    "header",
    [
        "{id}:", "{id}:wrong", ":{secret}", "nobody:{secret}", "{id}", "{id}:{secret}:", "{id}\x00:{secret}",
        "{id}:{secret}\x00", " {id}:{secret}",
    ],
)  # fmt: skip
def test_no_almost_right_credentials_push(third_party, header):
    pair = header.format(id=third_party.client.client_id, secret=third_party.secret).encode()

    refused = third_party.http.post(
        "/oauth/par/", urlencode(third_party.request(client_id=None)), content_type=FORM, headers=basic(pair)
    )

    assert (refused.status_code, refused.json()["error"]) == (401, "invalid_client")
    assert not ConsentRequest.objects.exists()


@pytest.mark.parametrize("scheme", ["Bearer", "Digest", "Basic", "basic!"])
def test_no_other_scheme_pushes(third_party, scheme):
    refused = third_party.http.post(
        "/oauth/par/",
        urlencode(third_party.request(client_id=None)),
        content_type=FORM,
        headers={"Authorization": f"{scheme} {third_party.secret}"},
    )

    assert refused.status_code == 401
    assert not ConsentRequest.objects.exists()


def test_no_reference_comes_in_by_the_address_or_another_kind_of_body(third_party):
    pair = basic(f"{third_party.client.client_id}:{third_party.secret}".encode())
    sent = third_party.request(request_uri=REFERENCE)
    address = f"/oauth/par/?{urlencode({'request_uri': REFERENCE})}"

    answers = [
        third_party.post(address, third_party.request()),
        third_party.http.post("/oauth/par/", sent, headers=pair),  # multipart
        third_party.http.post("/oauth/par/", sent, content_type="application/json", headers=pair),
    ]

    assert [answer.status_code for answer in answers] == [400, 400, 400]
    assert not ConsentRequest.objects.exists()

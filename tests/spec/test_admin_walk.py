"""Every address of the APIs about a registration, tried by who should get nothing from it."""

from datetime import timedelta

import pytest

from cdsc_portal.lib.time import clock
from consent.models import Credential, Grant
from tests.consent.api.cds.third_party import bearer, third_party
from tests.consent.api.reader import Reader
from tests.spec.guards import REGISTRATION_APIS

CALLS = [(route, method) for route in REGISTRATION_APIS for method in route.view.answers]


@pytest.fixture
def tokens(client, db):
    """A token of each kind that must not open these addresses, and what each is answered."""
    reader = Reader()
    reader.granted()
    expired, closed = third_party(client), third_party(client)
    Credential.objects.filter(client=expired.admin).update(expires=clock.now() - timedelta(seconds=1))
    Grant.objects.filter(client=closed.admin).update(status="closed")
    return [({}, 401), (bearer(reader.token), 403), (bearer(expired.token), 401), (bearer(closed.token), 401)]


def test_no_other_token_opens_any_of_them(client, tokens):
    wrong = []
    for route, method in CALLS:
        for headers, status in tokens:
            answer = getattr(client, method)(
                route.path,
                *(["{}"] if method != "get" else []),
                content_type="application/json",
                headers=headers,
            )
            if answer.status_code != status or not answer.headers.get("WWW-Authenticate"):
                wrong.append((route.path, method, headers, answer.status_code))

    assert wrong == []
    assert len(CALLS) >= 9


@pytest.mark.spec("R-188")
def test_what_is_another_registrations_is_not_there(client, db):
    party, stranger = third_party(client), third_party(client)
    parts = {
        "client_id": stranger.client_id,
        "credential_id": Credential.objects.get(client=stranger.admin).public_id,
        "grant_id": Grant.objects.get(client=stranger.admin).public_id,
    }
    wrong = []
    for route, method in CALLS:
        if not route.arguments:
            continue
        path = route.path
        for name in route.arguments:
            path = path.replace("/1", f"/{parts[name]}", 1)
        answer = party.get(path) if method == "get" else party.send(method, path, {})
        if answer.status_code != 404:
            wrong.append((path, method, answer.status_code))

    assert wrong == []

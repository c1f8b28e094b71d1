"""Every address that takes a token which an object got for itself, tried by who should get nothing from it."""

from datetime import timedelta

import pytest

from cdsc_portal.lib.time import clock
from consent.models import AccessToken, Credential, Grant, MessageType
from consent.services.third_parties.attachments import SentAttachment
from consent.services.third_parties.messages import Draft, write_message
from tests.consent.api.cds.grant_admin import files_party, granted, provide, token_for
from tests.consent.api.cds.third_party import bearer, third_party
from tests.consent.api.reader import Reader
from tests.factories.accounts import household
from tests.spec.guards import FILES_API, REGISTRATION_APIS

CALLS = [(route, method) for route in REGISTRATION_APIS for method in route.view.answers]


@pytest.fixture
def tokens(client, db):
    """A token of each kind that must not open these addresses, and what each is answered."""
    reader = Reader()
    reader.granted()
    expired, closed = third_party(client), third_party(client)
    Credential.objects.filter(client=expired.admin).update(expires=clock.now() - timedelta(seconds=1))
    Grant.objects.filter(client=closed.admin).update(status="closed")
    opened = files_party(client)
    return [
        ({}, 401),
        (bearer(reader.token), 403),
        (bearer(expired.token), 401),
        (bearer(closed.token), 401),
        (bearer(token_for(opened, granted(provide(opened)))), 403),
    ]


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


def test_no_other_token_opens_any_of_them(client, tokens):
    assert refused(client, CALLS, tokens) == []
    assert len(CALLS) >= 9


def test_no_other_token_opens_files(client, db):
    """Those of data, of the APIs, of a grant of data, of a grant that is over, of an expired secret."""
    reader, party, closed, expired = Reader(), files_party(client), files_party(client), files_party(client)
    reader.granted()
    of_object = Reader(party.sandbox)
    of_object.granted(household().contract)
    over, kept = granted(provide(closed)), granted(provide(expired))
    tokens = [
        ({}, 401),
        (bearer(reader.token), 403),
        (bearer(party.token), 403),
        (bearer(token_for(party, of_object.grant)), 403),
        (bearer(token_for(closed, over)), 401),
        (bearer(token_for(expired, kept)), 401),
    ]
    Grant.objects.filter(pk=over.pk).update(status="closed")
    secrets = AccessToken.objects.filter(opens=kept).values("credential")
    Credential.objects.filter(pk__in=secrets).update(expires=clock.now() - timedelta(seconds=1))

    calls = [(route, method) for route in FILES_API for method in route.view.answers]

    assert refused(client, calls, tokens) == []
    assert len(calls) == 3


def refused(client, calls, tokens):
    """The calls that were not answered as the token deserves."""
    wrong = []
    for route, method in calls:
        for headers, status in tokens:
            answer = getattr(client, method)(
                route.path,
                *(["{}"] if method != "get" else []),
                content_type="application/json",
                headers=headers,
            )
            if answer.status_code != status or not answer.headers.get("WWW-Authenticate"):
                wrong.append((route.path, method, headers, answer.status_code))
    return wrong


@pytest.mark.spec("R-188")
def test_what_is_another_registrations_is_not_there(client, db):
    party, stranger = third_party(client), third_party(client)
    message = write_message(
        registration=stranger.registration,
        draft=Draft(
            type=MessageType.PRIVATE_MESSAGE,
            name="A",
            description="B",
            attachments=[SentAttachment("a.txt", "text/plain", b"a")],
        ),
        at=clock.now(),
    )
    parts = {
        "client_id": stranger.client_id,
        "credential_id": Credential.objects.get(client=stranger.admin).public_id,
        "grant_id": Grant.objects.get(client=stranger.admin).public_id,
        "message_id": message.public_id,
        "attachment_id": message.attachments.get().public_id,
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

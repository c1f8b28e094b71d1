"""What is asked is stored once; a pushed request opens once, for its own client."""

from datetime import UTC, datetime, timedelta

import pytest

from cdsc_portal.lib.secrets.checksums import checksum
from consent.models import ConsentRequest, RequestStatus
from consent.requests import AccessRequest, RequestedPart
from consent.services.access_requests import (
    PUSHED_LIFETIME,
    RequestContext,
    UnusableRequestUri,
    allowed_scopes,
    bind_request,
    open_request,
    push_request,
    release_request,
)
from tests.factories.accounts import UserFactory
from tests.factories.consent import ClientFactory, ask

pytestmark = pytest.mark.django_db

AT = datetime(2026, 11, 24, 16, 0, tzinfo=UTC)
ACCESS = AccessRequest("usage_data", (RequestedPart("usage_data", "usage_data", "-1y", "now", "all"),))


@pytest.fixture
def client():
    return ClientFactory()


@pytest.fixture
def request_uri(client):
    context = RequestContext(
        redirect_uri="https://app.example.com/callback", state="s", code_challenge="c" * 43
    )
    return push_request(client=client, access=ACCESS, context=context, at=AT)[1]


@pytest.mark.spec("X-08", "X-11")
def test_a_pushed_request_opens_once_as_it_was_stored(client, request_uri):
    opened, key = open_request(client=client, request_uri=request_uri, at=AT + timedelta(minutes=4))

    assert opened.status == RequestStatus.WAITING
    assert AccessRequest.from_json(opened.details) == ACCESS
    assert ConsentRequest.objects.get().key_digest == checksum(key)
    with pytest.raises(UnusableRequestUri):
        open_request(client=client, request_uri=request_uri, at=AT + timedelta(minutes=4))


@pytest.mark.spec("X-08")
def test_a_request_uri_that_is_foreign_expired_or_made_up_opens_nothing(client, request_uri):
    for opener, uri, at in (
        (ClientFactory(), request_uri, AT),
        (client, request_uri, AT + PUSHED_LIFETIME),
        (client, request_uri + "x", AT),
    ):
        with pytest.raises(UnusableRequestUri):
            open_request(client=opener, request_uri=uri, at=at)


@pytest.mark.spec("X-18")
def test_only_a_hash_of_the_request_uri_is_kept(request_uri):
    stored = ConsentRequest.objects.values().get()

    assert not [value for value in stored.values() if request_uri.rpartition(":")[2] in str(value)]


def test_a_request_given_back_can_be_opened_by_someone_else():
    first, second = UserFactory(), UserFactory()
    request = ask({"type": "usage_data"}, user=first, at=AT)

    release_request(request=request, user=first)
    bind_request(request=request, user=second, at=AT)

    request.refresh_from_db()
    assert request.user == second


@pytest.mark.parametrize(
    ("role", "allowed"),
    [("full", {"customer_supply_details", "usage_data"}), ("distribution", {"usage_data"})],
)
def test_a_client_may_ask_for_what_is_registered_and_offered_here(settings, role, allowed):
    settings.UTILITY_ROLE = role
    client = ClientFactory(allowed_scopes=["supply_details", "usage_data", "no_such_scope"])

    assert allowed_scopes(client) == allowed

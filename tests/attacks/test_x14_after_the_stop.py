"""X-14: what a third party kept from before a stop opens nothing after it."""

import pytest
from django.test import Client as Browser

from consent.models import Disclosure
from tests.factories.consent import ReceiptFactory

pytestmark = pytest.mark.spec("X-14")


def test_nothing_kept_from_before_opens_anything_once_the_customer_stopped_it(third_party, shared, browser):
    ReceiptFactory(grant=shared)
    tokens, waiting = third_party.tokens_for(shared), third_party.code_for(shared)
    spare = third_party.refresh(tokens["refresh_token"]).json()
    bearers = [{"Authorization": f"Bearer {pair['access_token']}"} for pair in (tokens, spare)]
    known = Browser().get("/usage_data", headers=bearers[0])
    assert known.status_code == 200
    released = Disclosure.objects.count()

    browser.post(f"/my/sharing/{shared.public_id}/stop/", {"action": "stop"})

    for bearer in bearers:
        for more in ({}, {"If-None-Match": known["ETag"]}, {"If-None-Match": "*"}, {"Range": "bytes=0-9"}):
            for path in ("/usage_data", "/usage_sums", "/usage_data/file", "/bill_data"):
                assert Browser().get(path, headers={**bearer, **more}).status_code == 401
    assert third_party.refresh(spare["refresh_token"]).json()["error"] == "invalid_grant"
    assert third_party.exchange(waiting).json()["error"] == "invalid_grant"
    assert third_party.introspect(spare["access_token"]) == {"active": False}
    assert Disclosure.objects.count() == released

"""Requests that nobody decided do not stay for ever."""

from datetime import UTC, datetime, timedelta

import pytest

from consent.models import ConsentRequest
from consent.services.access_requests import UNDECIDED_RETENTION, delete_undecided
from tests.factories.accounts import household
from tests.factories.consent import approve, ask

pytestmark = pytest.mark.django_db

AT = datetime(2026, 11, 24, 16, 0, tzinfo=UTC)
DETAILS = {"type": "usage_data", "start": "-1y", "end": "+1y", "services": "all"}


def test_an_undecided_request_goes_thirty_days_after_its_end_and_a_decided_one_stays():
    home = household()
    undecided, decided = (ask(DETAILS, user=home.owner, at=AT) for _ in range(2))
    approve(decided, at=AT)
    gone_at = undecided.expires + UNDECIDED_RETENTION

    early = delete_undecided(at=gone_at - timedelta(seconds=1))
    deleted = delete_undecided(at=gone_at)

    assert (early, deleted) == (0, 1)
    assert list(ConsentRequest.objects.all()) == [decided]

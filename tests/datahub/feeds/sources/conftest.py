from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from datahub.feeds.sources.collect import collect
from datahub.models import FeedSource
from tests.factories.feeds import FeedFactory

MORNING = datetime(2026, 3, 2, 8, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _files_apart(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"


@pytest.fixture
def clock():
    with time_machine.travel(MORNING, tick=False) as traveller:
        yield traveller


@pytest.fixture
def visit(db, clock):
    """Look at a source, a while after the last look, and return it as it is then."""

    def at_next(source: FeedSource) -> FeedSource:
        source.refresh_from_db()
        clock.move_to(max(source.next_look, MORNING) + timedelta(seconds=1))
        collect(source_id=source.pk)
        source.refresh_from_db()
        return source

    return at_next


@pytest.fixture
def feed(db):
    return FeedFactory(settings={"unit": "Wh", "interval_seconds": "900"}, time_zone="UTC")

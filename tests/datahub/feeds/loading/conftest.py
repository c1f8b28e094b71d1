from datetime import UTC, datetime
from io import BytesIO

import pytest

from datahub.feeds.runs.life_cycle import start_run
from datahub.feeds.runs.run_executor import execute_due_runs
from tests.factories.feeds import FeedFactory

MORNING = datetime(2026, 3, 2, 8, tzinfo=UTC)


@pytest.fixture
def bring(settings, tmp_path):
    """Brings a file in through a feed of this kind, as a worker would; answers its run."""
    settings.MEDIA_ROOT = tmp_path
    feeds = {}

    def bring(kind, file_format, content, at=MORNING):
        if kind not in feeds:
            feeds[kind] = FeedFactory(kind=kind, format=file_format, time_zone="UTC")
        run = start_run(feed=feeds[kind], file=BytesIO(content), name=f"{kind}.csv", by=None, at=at)
        execute_due_runs(run_id=run.pk)
        run.refresh_from_db()
        return run

    return bring

"""What tests of runs start from: a feed of long CSV, a meter, files of their own."""

from dataclasses import replace

import pytest

from datahub.feeds.formats.registry import formats
from datahub.rows.base import Part
from datahub.rows.usage import UsageColumns
from tests.factories.accounts import MeterDeviceFactory
from tests.factories.feeds import FeedFactory
from tests.support.parsed_files import parse_file


@pytest.fixture(autouse=True)
def _files_apart(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def feed():
    return FeedFactory(settings={"unit": "Wh", "interval_seconds": "900"}, time_zone="UTC")


@pytest.fixture
def meter():
    return MeterDeviceFactory(meter_number="M-1")


@pytest.fixture
def parts_of_two_lines(monkeypatch):
    """Cuts a long CSV into a part for each two lines, as if it were a hundred thousand times as large."""

    class InParts:
        def read(self, source, *, zone, settings, mapping):
            head, *lines = source.read().splitlines(keepends=True)
            offset = len(head)
            for first in range(0, len(lines), 2):
                some = lines[first : first + 2]
                offset += sum(map(len, some))
                parsed = parse_file(long_csv, head + b"".join(some), zone=zone, settings=settings)
                rows = [
                    replace(each, lines=each.lines + first, line=each.line + first) for each in parsed.rows
                ]
                rejected = [replace(each, line=each.line + first) for each in parsed.rejected]
                yield Part([UsageColumns.of(rows)] if rows else [], rejected, offset)

    long_csv = formats()["usage_csv_long"]
    monkeypatch.setattr("datahub.feeds.loading.plan.formats", lambda: {"usage_csv_long": InParts()})

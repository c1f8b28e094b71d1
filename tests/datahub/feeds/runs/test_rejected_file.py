"""Rejected lines come back as a file of the same feed, whatever stands above them."""

import pytest

from datahub.feeds.runs.rejected_file import can_be_sent_again, file_to_send_again
from tests.datahub.feeds.runs.files import bring, counts
from tests.factories.accounts import MeterDeviceFactory
from tests.factories.feeds import FeedFactory

pytestmark = pytest.mark.django_db
MAPPING = {
    "shape": "long",
    "delimiter": ";",
    "header_pattern": "^Zähler;",
    "columns": {"meter": 1, "start": 2},
    "time_form": "%d.%m.%Y %H:%M",
    "zone": "UTC",
    "interval_seconds": 900,
    "decimal_mark": ",",
    "values": [{"column": 3, "unit": "kWh"}],
}
EXPORT = (
    "Export of 2 March\r\nMade by nobody\r\nZähler;Beginn;Wert\r\n"
    'M-1;01.03.2026 00:00;1,5\r\nM-1;01.03.2026 00:15;"viel"\r\nM-1;01.03.2026 00:30;2,5\r\n'
)


def test_what_stands_above_the_data_comes_with_the_lines_as_they_stood():
    MeterDeviceFactory(meter_number="M-1")
    feed = FeedFactory(mapping=MAPPING, time_zone="UTC")
    first = bring(feed, EXPORT.encode())

    taken = b"".join(file_to_send_again(first))
    again = bring(feed, taken.replace(b'"viel"', b"2,0"))

    assert counts(first) == (3, 2, 0, 1, 0)
    assert taken.decode().splitlines() == [*EXPORT.splitlines()[:3], 'M-1;01.03.2026 00:15;"viel"']
    assert taken.endswith(b"\r\n")
    assert counts(again) == (1, 1, 0, 0, 0)


def test_bills_come_with_all_their_lines():
    feed = FeedFactory(kind="bills", format="bills_csv", time_zone="UTC")
    head = (
        "record,account_number,statement_number,statement_date,start,end,currency,amount,contract_number,commodity,"
        "name,kind"
    )
    lines = [
        "statement,A-9,B-1,2026-02-03,2026-01-01,2026-02-01,USD,12.00,,,,",
        "section,,,,2026-01-01,2026-02-01,,12.00,K-9,electricity,,",
        "line,,,,,,,12.00,,,Basic charge,fixed",
    ]
    run = bring(feed, "\n".join([head, *lines]).encode())

    assert counts(run) == (3, 0, 0, 3, 0)
    assert b"".join(file_to_send_again(run)).decode().splitlines() == [head, *lines]


@pytest.mark.parametrize(("file_format", "content"), [("nem12", b"100,NEM12,x\n"), ("usage_csv_long", b"")])
def test_nothing_is_offered_of_a_refused_file_or_one_whose_lines_hang_together(file_format, content):
    run = bring(FeedFactory(format=file_format, time_zone="UTC"), content)

    assert not can_be_sent_again(run)

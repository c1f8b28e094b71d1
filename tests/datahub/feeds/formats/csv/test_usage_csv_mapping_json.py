"""A mapping that cannot be used says which member is wrong."""

import pytest

from datahub.feeds.formats.csv.mapping_json import mapping_of
from datahub.rows.base import FeedStructureError
from tests.datahub.feeds.formats.csv.mapped import COLUMNS, MAPPING


@pytest.mark.parametrize(
    ("members", "message"),
    [
        ({"colour": 1}, "there is no member colour"),
        ({"shape": "round"}, "shape 'round' is none of long, wide"),
        ({"columns": {"metre": 1}}, "columns has no member metre"),
        ({"columns": {"start": 0, "value": 1}}, "columns.start 0 is not a whole number from 1"),
        ({"columns": {"start": {"text": "x"}, "value": 1}}, "columns.start stands in a column"),
        ({"columns": {"start": {"column": 1, "pattern": "x"}, "value": 1}}, "columns.start.pattern has no group"),
        ({"columns": {"start": 1}}, "columns needs start and value"),
        ({"delimiter": "ab"}, "delimiter 'ab' is not one character"),
        ({"decimal_mark": ";"}, "decimal_mark ';' is none of"),
        ({"decimal_mark": ",", "thousands_mark": ","}, "thousands_mark is the decimal_mark"),
        ({"encoding": "ebcdic"}, "encoding 'ebcdic' is none of"),
        ({"skip_lines": True}, "skip_lines True is not a whole number"),
        ({"header_pattern": "("}, "header_pattern: missing"),
        ({"header": False}, "without a header, columns are numbers"),
        ({"time_form": "%d"}, "time_form: '%d' says no date"),
        ({"time_form": "%Q"}, "time_form: %Q is not known"),
        ({"columns": COLUMNS | {"start_time": 3}, "time_form": "%d%m%Y"}, "time_form '%d%m%Y' has no date and clock"),
        ({"zone": "Mars/Olympus"}, "zone 'Mars/Olympus' is not an IANA time zone"),
        ({"offset": "1h"}, "offset '1h' is not like"),
        ({"zone": "UTC", "offset": "+01:00"}, "zone and offset exclude each other"),
        ({"time_of": "end", "columns": COLUMNS | {"end": 3}}, "time_of end and a column end exclude each other"),
        ({"interval_seconds": 0}, "interval_seconds 0 is not a whole number from 1"),
        ({"multiplier": "0"}, "multiplier 0 is not above 0"),
        ({"mean_power": "yes"}, "mean_power is not true or false"),
        ({"units": {"X": "furlong"}}, "units.X: unit 'furlong' is not known"),
        ({"units": {"X": {"multiplier": "2"}}}, "units.X needs unit"),
        ({"directions": {"x": "up"}}, "directions.x 'up' is none of"),
        ({"qualities": {"x": "fine"}}, "qualities.x 'fine' is none of"),
        ({"registers": {"x": {"tone": "c"}}}, "registers.x has no member tone"),
        ({"unknown": "x"}, "unknown is not a list"),
        ({"unknown": [1]}, r"unknown\[0\] is not a text"),
        ({"slots": {"first": 1, "count": 24, "step": 3600}}, "slots is only for shape wide"),
        ({"shape": "wide"}, "slots is needed in shape wide"),
        ({"values": [{"unit": "kWh"}]}, r"values\[0\] needs column"),
        ({"values": [{"column": 3}]}, "values exclude sections, slots and a column value"),
        ({"sections": [{"end": "x"}]}, r"sections\[0\] needs start"),
        ({"ignore": ["("]}, r"ignore\[0\]: missing"),
    ],
)  # fmt: skip
def test_a_member_that_is_wrong_is_named(members, message):
    with pytest.raises(FeedStructureError, match=f"^mapping: {message}"):
        mapping_of(MAPPING | members)


@pytest.mark.parametrize(
    ("slots", "message"),
    [
        ({"step": 900}, "slots needs pattern, or first and count"),
        ({"first": 1, "step": 900}, "slots needs first and count together"),
        ({"pattern": ":", "step": 5}, "slots.step 5 is not a whole number from 60"),
        ({"pattern": ":"}, "slots needs step"),
        ({"pattern": ":", "step": 900, "start": "6"}, "slots.start '6' is not like 06:00"),
        ({"pattern": ":", "step": 900, "clock_change": "?"}, "slots.clock_change '\\?' is none of"),
    ],
)
def test_slots_that_are_wrong_are_named(slots, message):
    with pytest.raises(FeedStructureError, match=f"^mapping: {message}"):
        mapping_of({"shape": "wide", "columns": {"start": 1}, "slots": slots})

import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from datahub.feeds.formats.csv.tokenizer import MARGIN, tokenize
from datahub.rows.base import NO_SETTINGS
from datahub.rows.usage import ChannelKey, ChannelKeys, columns_of
from tests.datahub.feeds.formats.csv.mapped import BRUSSELS, LONG, MAPPING, read, reasons

IMPORT = ChannelKey("M-1", "", "electricity", "Wh", "import", "interval")
KEYS = [IMPORT, IMPORT._replace(direction="export"), IMPORT._replace(meter_number="M-2")]


def columns_read(*lines):
    """The readings of a file of one part."""
    content = "\n".join(("Meter;From;Amount;Way", *lines)).encode()
    mapping = MAPPING | {"columns": MAPPING["columns"] | {"direction": "Way"}}
    (part,) = LONG.read(io.BytesIO(content), zone=BRUSSELS, settings=NO_SETTINGS, mapping=mapping)
    (rows,) = part.rows
    return columns_of(rows)


@pytest.mark.parametrize(
    ("first", "second", "columns"),
    [
        ("7;5;kWh", "7;5000;Wh", {}),
        ("0007;5;Wh", "7;5;Wh", {"meter": {"column": "Meter", "pattern": r"^0*(\d+)$"}}),
        ("7;5;Wh", "7\u00a0;5;Wh", {}),
        (";5;Wh", "7;5;Wh", {}),
    ],
    ids=["units that are one", "patterns", "other blanks", "a meter that the feed names"],
)
def test_what_names_one_meter_and_one_sort_of_channel_in_two_ways_is_one_channel(first, second, columns):
    lines = [line.replace(";", ";2025-06-01T00:00;", 1) for line in (first, second, "8;5;Wh")]

    parsed = read(
        "Meter;From;Amount;Unit", *lines, columns={"unit": "Unit"} | columns, settings={"meter": "7"}
    )

    assert [(series.meter_number, series.total) for series in parsed.rows] == [
        ("7", 5000 if "k" in first else 5),
        ("8", 5),
    ]
    assert reasons(parsed) == [(3, "repeats line 2")]


def test_channels_are_numbered_as_the_file_names_them_and_a_line_at_fault_names_none():
    columns = columns_read(
        "M-1;2025-06-01T00:00;1;import",
        f"{'M' * 101};2025-06-01T00:00;2;import",
        "M-1;2025-06-01T00:00;3;export",
        "M-2;2025-06-01T00:00;4;import",
        "M-1;2025-06-01T01:00;5;import",
    )

    assert list(columns.channels) == KEYS
    assert (columns.channel.tolist(), columns.values.tolist()) == ([0, 0, 1, 2], [1, 5, 3, 4])


def test_keys_in_columns_are_those_that_they_were_made_of():
    keys = ChannelKeys.of(KEYS)

    assert [keys[place] for place in range(len(keys))] == list(keys) == KEYS
    assert list(keys.chosen(np.array([2, 0]))) == [KEYS[2], KEYS[0]]
    assert len(keys.sorts) == 2


@given(st.lists(st.text(st.sampled_from("aé €\t\u00a0x𝄞\x00"), max_size=9), max_size=9), st.integers(1, 3))
def test_cells_are_decoded_together_as_each_would_be_alone(texts, at_once):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("datahub.feeds.formats.csv.tokenizer.byte_cells._CELLS_AT_ONCE", at_once)
        content = "".join(f"{text};9\n" for text in texts)
        cells = tokenize(MARGIN + content.encode() + MARGIN, ";", 2, 1).cells
        texts_together = cells.texts(np.arange(len(cells)), 0)

    assert (
        texts_together
        == [cells.text(row, 0) for row in range(len(cells))]
        == [text.strip() for text in texts]
    )

"""Quantities that are read together are what they are when read singly, whatever stands among them."""

import io
import random

import pytest

from datahub.feeds.formats.edifact import interchange
from datahub.feeds.formats.edifact.interchange import Quantities, Segments
from datahub.feeds.formats.edifact.mscons import read
from tests.datahub.feeds.formats.edifact.mscons_messages import BERLIN, content, message, quarters, series
from tests.support.parsed_files import series_of

ODD_VALUES = ["", "x", "1,5", "-0.25", "1e3", "2:KWH", "2:XYZ", "1?+2", "1.230", " 7", "9" * 30, "3+4", "5??"]
ODD_TIMES = [
    "DTM+163:2026:303", "DTM+164:202603010000?+01:303", "DTM+163:202603290230:203", "DTM+164:202610250230:203",
    "DTM+163:20260301:102", "DTM+164:202603010099?+01:303", "DTM+163:209903010000?+01:303",
]  # fmt: skip
BEHIND = ["DTM+9:20260301:102", "DTM+7:no:102", "STS+Z32++Z92", "DTM+163:202603010000?+01:303"]


def spoilt(chance, segments):
    """Some of the quantities say something odd, lack a time or have more behind them."""
    segments = list(segments)
    for _ in range(chance.choice([0, 1, 3, 8])):
        at = chance.randrange(len(segments))
        if segments[at].startswith("QTY"):
            qualifier = chance.choice(["220", "67", "20", "999"])
            segments[at] = f"QTY+{qualifier}:{chance.choice([*ODD_VALUES, '4'])}"
        elif chance.random() < 0.4:
            segments[at] = chance.choice(ODD_TIMES)
        elif chance.random() < 0.5:
            segments.insert(at + 1, chance.choice(BEHIND))
        else:
            del segments[at]
    return segments


def a_file(seed):
    chance = random.Random(seed)  # noqa: S311
    begin = chance.choice(["202603010000", "202603281200", "202610241200"])
    form = chance.choice([("?+01", "303"), ("", "203")])
    messages = []
    for number in range(3):
        values = [f"{chance.randrange(10**5) / 100:.2f}" for _ in range(chance.choice([5, 30, 120]))]
        segments = quarters(values, begin, offset=form[0], form=form[1])
        body = [
            part for point in "AB" for part in series("1-1?:1.29.0", *spoilt(chance, segments), point=point)
        ]
        messages.append(message(*body, reference=str(number), function=chance.choice("999991")))
    una, mark = chance.choice([("UNA:+.? '", "'"), ("", "'"), ("UNA:+,? '", "'\r\n")])
    return content(*messages, una=una, mark=mark)


def rows_and_rejections(file):
    parts = list(read(io.BytesIO(file), zone=BERLIN))
    rows = [
        (channel.meter_number, channel.register, channel.unit, channel.kind, channel.scale, channel.starts.tolist(),
         channel.durations.tolist(), channel.values.tolist(), channel.known.tolist(), channel.quality.tolist())
        for channel in series_of(row for part in parts for row in part.rows)
    ]  # fmt: skip
    return rows, sorted((row.line, row.reason, row.text) for part in parts for row in part.rejected)


@pytest.mark.parametrize("piece", [1 << 20, 997])
@pytest.mark.parametrize("seed", range(60))
def test_the_same_is_read(seed, piece, monkeypatch):
    file = a_file(seed)
    monkeypatch.setattr(interchange, "_CHUNK", piece)
    together = rows_and_rejections(file)
    monkeypatch.setattr(interchange, "_FEWEST_QUANTITIES", 1 << 30)

    assert together == rows_and_rejections(file)


def test_a_day_of_quarters_comes_together_all_but_the_last():
    file = content(message(*series("1-1?:1.29.0", *quarters(["1.5"] * 96))))

    runs = [item for item in Segments(io.BytesIO(file)) if isinstance(item, Quantities)]

    assert [len(item.texts) // 3 for item in runs] == [95]
    assert next(runs[0].segments(0, 1)).number == 14

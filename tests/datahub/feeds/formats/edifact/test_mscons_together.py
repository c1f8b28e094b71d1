"""Quantities that are looked at together are what they are one by one, whatever stands among them."""

import io
import random

import pytest

from datahub.feeds.formats.edifact import interchange
from datahub.feeds.formats.edifact.interchange import Quantities, Segments
from datahub.feeds.formats.edifact.mscons import read
from datahub.rows.usage import series_of
from tests.datahub.feeds.formats.edifact.mscons_messages import BERLIN, content, message, quarters, series

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
        told = quarters(values, begin, offset=form[0], form=form[1])
        body = [part for point in "AB" for part in series("1-1?:1.29.0", *spoilt(chance, told), point=point)]
        messages.append(message(*body, reference=str(number), function=chance.choice("999991")))
    una, mark = chance.choice([("UNA:+.? '", "'"), ("", "'"), ("UNA:+,? '", "'\r\n")])
    return content(*messages, una=una, mark=mark)


def told(file):
    parts = list(read(io.BytesIO(file), zone=BERLIN))
    rows = [
        (one.meter_number, one.register, one.unit, one.kind, one.scale, one.starts.tolist(), one.durations.tolist(),
         one.values.tolist(), one.known.tolist(), one.quality.tolist())
        for one in series_of(row for part in parts for row in part.rows)
    ]  # fmt: skip
    return rows, sorted((one.line, one.reason, one.text) for part in parts for one in part.rejected)


@pytest.mark.parametrize("piece", [1 << 20, 997])
@pytest.mark.parametrize("seed", range(60))
def test_the_same_is_read(seed, piece, monkeypatch):
    file = a_file(seed)
    monkeypatch.setattr(interchange, "_CHUNK", piece)
    together = told(file)
    monkeypatch.setattr(interchange, "_FEWEST", 1 << 30)

    assert together == told(file)


def test_a_day_of_quarters_comes_together_all_but_the_last():
    file = content(message(*series("1-1?:1.29.0", *quarters(["1.5"] * 96))))

    found = [one for one in Segments(io.BytesIO(file)) if isinstance(one, Quantities)]

    assert [len(one.texts) // 3 for one in found] == [95]
    assert next(found[0].segments(0, 1)).number == 14

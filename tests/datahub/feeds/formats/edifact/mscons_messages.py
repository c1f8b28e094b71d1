"""MSCONS interchanges for tests, and what the reader makes of them."""

import io
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from datahub.feeds.formats.edifact.mscons import read
from tests.support.parsed_files import series_of

BERLIN = ZoneInfo("Europe/Berlin")
MIDNIGHT = datetime(2026, 2, 28, 23, tzinfo=UTC)  # of 1 March in Berlin


def quarters(values, begin="202603010000", *, offset="?+01", form="303", qualifier="220", step=15):
    at = datetime.strptime(begin, "%Y%m%d%H%M")
    segments = []
    for value in values:
        past = at + timedelta(minutes=step)
        segments += [
            f"QTY+{qualifier}:{value}",
            f"DTM+163:{at:%Y%m%d%H%M}{offset}:{form}",
            f"DTM+164:{past:%Y%m%d%H%M}{offset}:{form}",
        ]
        at = past
    return segments


def series(register, *segments, point="DE0001", device="DEV1"):
    return [f"LOC+172+{point}", f"RFF+MG:{device}", "LIN+1", f"PIA+5+{register}:SRW", *segments]


def message(*segments, reference="1", function="9", kind="MSCONS"):
    head = [
        f"UNH+{reference}+{kind}:D:04B:UN:2.4c", f"BGM+7+ID1+{function}", "DTM+137:202603020000:203",
        "NAD+MS+1", "NAD+MR+2", "UNS+D", "NAD+DP",
    ]  # fmt: skip
    body = [*head, *segments]
    return [*body, f"UNT+{len(body) + 1}+{reference}"]


def content(*messages, una="UNA:+.? '", mark="'"):
    segments = ["UNB+UNOC:3+1:500+2:500+260302:0000+REF1", *(part for each in messages for part in each)]
    segments.append(f"UNZ+{len(messages)}+REF1")
    return (una + "".join(segment + mark for segment in segments)).encode()


def parts_of(content, **settings):
    return list(read(io.BytesIO(content), zone=BERLIN, settings=settings))


def series_in(content, **settings):
    parts = parts_of(content, **settings)
    assert [rejection for part in parts for rejection in part.rejected] == []
    return series_of(columns for part in parts for columns in part.rows)


def rejections(content, **settings):
    return [
        (rejection.line, rejection.reason)
        for part in parts_of(content, **settings)
        for rejection in part.rejected
    ]

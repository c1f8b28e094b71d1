"""Reading by a mapping, as tests of it ask."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from datahub.feeds.formats.registry import formats
from tests.support.parsed_files import parse_file

LONG = formats()["usage_csv_long"]
BRUSSELS = ZoneInfo("Europe/Brussels")
COLUMNS = {"meter": "Meter", "start": "From", "value": "Amount", "unit": {"text": "Wh"}}
MAPPING = {"shape": "long", "columns": COLUMNS, "interval_seconds": 900}


def read(*lines, columns=(), settings=(), **members):
    mapping = MAPPING | {"columns": COLUMNS | dict(columns)} | members
    mapping = {name: value for name, value in mapping.items() if value is not None}
    content = "\n".join(lines).encode()
    return parse_file(LONG, content, zone=BRUSSELS, settings=dict(settings), mapping=mapping)


def instants(series):
    return [f"{datetime.fromtimestamp(start, UTC):%m-%dT%H:%MZ}" for start in series.starts.tolist()]


def reasons(parsed):
    return [(rejection.line, rejection.reason) for rejection in parsed.rejected]

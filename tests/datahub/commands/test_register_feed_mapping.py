import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from datahub.feeds.formats.csv.presets import presets
from datahub.models import Feed

pytestmark = pytest.mark.django_db


def register(format, mapping):
    call_command("register_feed", "meters", format, "--mapping", str(mapping), stdout=StringIO())
    return Feed.objects.get()


def test_a_feed_is_registered_with_a_mapping_from_a_file_or_of_a_known_export(tmp_path):
    mapping = {"columns": {"meter": 1, "start": 2, "value": 3}, "header": False, "interval_seconds": 900}
    (tmp_path / "mapping.json").write_text(json.dumps(mapping))

    own = register("usage_csv_long", tmp_path / "mapping.json").mapping
    known = register("usage_csv_wide", "e_distribuzione_quarter_hours").mapping

    assert (own, known) == (mapping, presets()["e_distribuzione_quarter_hours"].mapping)


@pytest.mark.parametrize(
    ("format", "text", "message"),
    [
        ("usage_csv_long", "{", "presets are"),
        ("usage_csv_long", '{"a":' * 200_000, "too deep"),
        ("usage_csv_long", '{"columns": ' + "9" * 5_000 + "}", "digits"),
        ("usage_csv_long", '{"multiplier": NaN}', "NaN is no number of JSON"),
        ("usage_csv_long", "[]", "not a JSON object"),
        ("usage_csv_long", '{"colour": 1}', "there is no member colour"),
        ("espi_xml", '{"shape": "long"}', "espi_xml takes no mapping"),
        ("usage_csv_wide", '{"columns": {"start": 1, "value": 2}}', "the mapping is one for usage_csv_long"),
    ],
)
def test_a_mapping_that_cannot_be_used_registers_nothing(tmp_path, format, text, message):
    (tmp_path / "mapping.json").write_text(text)

    with pytest.raises(CommandError, match=message):
        register(format, tmp_path / "mapping.json")
    assert not Feed.objects.exists()

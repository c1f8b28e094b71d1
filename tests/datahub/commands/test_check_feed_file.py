import json
import os
import subprocess
import sys
import zipfile
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from tests.datahub.feeds.formats.files import FOLDER
from tests.support.feed_files import NEM12, entsoe_document
from tools.files import ROOT


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "march.csv"
    path.write_text(NEM12)
    return path


def checked(path, *options):
    """(what was said, exit status)"""
    output = StringIO()
    try:
        call_command("check_feed_file", str(path), *options, stdout=output)
    except SystemExit as ended:
        return output.getvalue(), ended.code
    except CommandError as error:
        return output.getvalue(), error.returncode
    return output.getvalue(), 0


def test_a_file_is_told_by_its_channels_with_exact_sums_and_nothing_is_touched(file):
    output, status = checked(file, "--json")  # no database: the test has none

    assert status == 0
    assert json.loads(output) == {
        "skipped": [],
        "format": "nem12",
        "rows": 192,
        "accepted": 192,
        "rejected": [],
        "channels": [
            {
                "meter": "NMI0000001", "unit": "Wh", "direction": "import", "interval_seconds": 1800,
                "readings": 96, "unknown": 1, "first_start": "2026-02-28T14:00:00Z",
                "last_start": "2026-03-02T13:30:00Z", "sum": "77875", "register": "E1", "kind": "interval",
            },
            {
                "meter": "NMI0000001", "unit": "varh", "direction": "import", "interval_seconds": 900,
                "readings": 96, "unknown": 0, "first_start": "2026-02-28T14:00:00Z",
                "last_start": "2026-03-01T13:45:00Z", "sum": "192000", "register": "Q1", "kind": "interval",
            },
        ],
    }  # fmt: skip


def test_no_database_is_started_or_asked(file, tmp_path):
    environment = {**os.environ, "DEVELOPMENT": "1", "VAR_DIR": str(tmp_path / "var")}
    environment.pop("DATABASE_URL", None)

    done = subprocess.run(
        [sys.executable, "manage.py", "check_feed_file", str(file), "--json"],
        cwd=ROOT, env=environment, capture_output=True, text=True, check=True,
    )  # fmt: skip

    assert json.loads(done.stdout)["accepted"] == 192
    assert not (tmp_path / "var" / "postgres").exists()


def test_rejected_rows_are_told_with_line_and_reason_and_end_with_status_one(file):
    file.write_text(NEM12.replace("300,20260302,1.5,", "300,20260302,"))

    output, status = checked(file, "--json")

    assert status == 1
    account = json.loads(output)
    assert account["rejected"] == [{"line": 6, "reason": "47 values where 48 of 30 minutes are due"}]
    assert (account["rows"], account["accepted"]) == (145, 144)


def test_a_refused_file_ends_with_status_two_and_its_reason(file, capsys):
    file.write_text(NEM12.removesuffix("900"))

    output, status = checked(file, "--json")

    assert status == 2
    account = json.loads(output)
    assert account["refused"] == "the end record 900 is missing: the file is cut off"
    assert account["format"] == "nem12"
    assert (account["rows"], account["rejected"], account["channels"]) == (0, [], [])
    with pytest.raises(CommandError, match="the end record 900 is missing"):
        call_command("check_feed_file", str(file))


def test_a_person_reads_a_table(file):
    output, status = checked(file)

    assert status == 0
    first, head, *channels = output.splitlines()
    assert first == "nem12: 192 rows, 192 accepted, 0 rejected"
    assert head.split()[:3] == ["meter", "unit", "direction"]
    assert len(channels) == 2


def test_format_zone_settings_and_mapping_can_be_said(tmp_path):
    path = tmp_path / "usage.csv"
    path.write_text("meter,start,value\nM-1,2026-03-01T00:00,1.50\nM-1,2026-03-01T00:15,\n")

    output, status = checked(
        path, "--json", "--format", "usage_csv_long", "--timezone", "Europe/Berlin",
        "--setting", "unit=kWh", "--setting", "interval_seconds=900",
    )  # fmt: skip

    assert status == 0
    (channel,) = json.loads(output)["channels"]
    assert (channel["first_start"], channel["sum"], channel["unknown"]) == ("2026-02-28T23:00:00Z", "1500", 1)


@pytest.mark.parametrize(
    ("name", "channels", "rows"), [("nem12.csv", 2, 192), ("nem13.csv", 1, 1), ("mscons.txt", 1, 2)]
)
def test_files_of_the_markets_are_known_and_whole(name, channels, rows):
    output, status = checked(FOLDER / name, "--json")

    account = json.loads(output)
    assert status == 0
    assert (len(account["channels"]), account["rows"]) == (channels, rows)


@pytest.mark.parametrize(
    "name",
    ["bills.csv", "bills.json", "hierarchy.json", "hierarchy.csv", "supply_terms.csv", "generation_mix.csv"],
)
def test_files_of_other_kinds_have_rows_and_no_channels(name):
    output, status = checked(FOLDER / name, "--json")

    account = json.loads(output)
    assert status == bool(account["rejected"])
    assert account["accepted"] > 0
    assert account["rows"] == account["accepted"] + len(account["rejected"])
    assert account["channels"] == []


def test_amounts_are_told_by_region_and_source_in_watt_hours(tmp_path):
    path = tmp_path / "generation.xml"
    path.write_bytes(entsoe_document((1, "8"), (2, "4")))

    output, status = checked(path, "--json")

    assert status == 0
    (channel,) = json.loads(output)["channels"]
    assert (channel["meter"], channel["register"], channel["unit"]) == ("10Y-ZONE", "B16", "Wh")
    assert (channel["readings"], channel["interval_seconds"], channel["sum"]) == (2, 900, "3000000")


def test_an_export_seen_in_the_field_is_known_by_its_preset(tmp_path):
    times = [f"{minute // 60:02}:{minute % 60:02}" for minute in range(0, 1441, 15)]
    slots = [f'"{begin}-{end}"' for begin, end in zip(times, times[1:], strict=False)]
    cells = ['"0,125"'] * 96
    (tmp_path / "export.csv").write_text(
        ";".join(['"Giorno"', *slots]) + "\n" + ";".join(['"02/03/2026"', *cells]) + "\n"
    )

    output, status = checked(tmp_path / "export.csv", "--json")

    assert status == 0
    account = json.loads(output)
    (channel,) = account["channels"]
    assert account["format"] == "usage_csv_wide"
    assert (channel["first_start"], channel["readings"], channel["sum"]) == (
        "2026-03-01T23:00:00Z",
        96,
        "12000",
    )


@pytest.mark.parametrize(
    ("shape", "known"), [({}, "usage_csv_long"), ({"shape": "narrow"}, "mapping: shape")]
)
def test_a_mapping_says_how_a_csv_is_laid_out(tmp_path, shape, known):
    columns = {"meter": "Zähler", "start": "ab", "value": "Wert", "unit": {"text": "kWh"}}
    mapping = {"columns": columns, "interval_seconds": 900, "decimal_mark": ",", "delimiter": ";", **shape}
    (tmp_path / "mapping.json").write_text(json.dumps(mapping))
    (tmp_path / "export.csv").write_text("Zähler;ab;Wert\nM-1;2026-03-01T00:00Z;1,5\n")

    output, status = checked(tmp_path / "export.csv", "--json", "--mapping", str(tmp_path / "mapping.json"))

    account = json.loads(output)
    assert known in account.get("refused", account["format"])
    assert status == (0 if not shape else 2)


@pytest.mark.parametrize("text", ['{"a":' * 200_000, '{"a": ' + "9" * 5_000 + "}", '{"multiplier": NaN}'])
def test_a_mapping_that_cannot_be_read_is_refused_in_words(tmp_path, text):
    (tmp_path / "mapping.json").write_text(text)
    (tmp_path / "export.csv").write_text("meter,start,value\n")

    output, status = checked(tmp_path / "export.csv", "--json", "--mapping", str(tmp_path / "mapping.json"))

    assert (json.loads(output)["refused"].partition(":")[0], status) == ("mapping mapping.json", 2)


@pytest.mark.parametrize(("name", "beside"), [("bills.csv", "B-1.pdf"), ("march.csv", None)])
def test_a_zip_is_what_is_in_it(file, tmp_path, name, beside):
    content = NEM12.encode() if beside is None else (FOLDER / name).read_bytes()
    with zipfile.ZipFile(tmp_path / "packed.zip", "w") as archive:
        if beside:
            archive.writestr(beside, b"%PDF-1.7")
        archive.writestr(name, content)
    (tmp_path / name).write_bytes(content)

    packed, plain = checked(tmp_path / "packed.zip", "--json"), checked(tmp_path / name, "--json")

    assert packed[1] == plain[1]
    assert json.loads(packed[0])["accepted"] == json.loads(plain[0])["accepted"] > 0


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (["--format", "morse"], "no format named morse; there are bills_csv"),
        (["--timezone", "Mars/Olympus"], "Mars/Olympus is not an IANA time zone"),
        (["--setting", "unit"], "--setting unit: write KEY=VALUE"),
        (["--mapping", "march.csv"], "march.csv: No such file"),
    ],
)
def test_what_cannot_be_done_ends_with_status_two(file, options, reason):
    with pytest.raises(CommandError) as ended:
        call_command("check_feed_file", str(file), *options)

    assert ended.value.returncode == 2
    assert reason in str(ended.value)


def test_a_file_that_is_not_there_or_that_nobody_knows_ends_with_status_two(tmp_path):
    (tmp_path / "photo.png").write_bytes(b"\x89PNG\r\n")

    assert checked(tmp_path / "none.csv") == ("", 2)
    assert checked(tmp_path / "photo.png") == ("", 2)


def test_sums_beyond_eight_bytes_stay_exact(tmp_path):
    path = tmp_path / "huge.csv"
    rows = "".join(f"M-1,2026-03-01T{hour:02}:00Z,9000000000000000000\n" for hour in range(3))
    path.write_text("meter,start,value\n" + rows)

    output, _ = checked(path, "--json", "--setting", "unit=Wh", "--setting", "interval_seconds=3600")

    assert json.loads(output)["channels"][0]["sum"] == "27000000000000000000"


def test_a_file_in_utf_16_is_known_by_its_byte_order_mark(tmp_path):
    path = tmp_path / "export.csv"
    path.write_text(
        "meter,start,value,unit,interval_seconds\nM,2026-03-01T00:00Z,1,kWh,900\n", encoding="utf-16"
    )

    output, status = checked(path, "--json")

    assert status == 0
    assert (json.loads(output)["format"], json.loads(output)["accepted"]) == ("usage_csv_long", 1)


def test_the_words_of_a_file_do_not_steer_the_terminal(tmp_path):
    path = tmp_path / "usage.csv"
    path.write_text("meter,start,value,unit,interval_seconds\nM\x1b[2J,2026-03-01T00:00Z,1,kWh,900\n")

    output, status = checked(path)

    assert status == 0
    assert "M\N{REPLACEMENT CHARACTER}[2J" in output and "\x1b" not in output

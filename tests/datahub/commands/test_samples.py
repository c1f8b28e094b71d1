"""A folder of files is held against what its truth says of them."""

import json

import pytest

from tests.support.feed_files import NEM12, entsoe_document
from tools.samples import main

SERIES = {
    "E1": {
        "readings": 96, "without_value": 1, "unit": "kWh", "first_start": "2026-02-28T14:00:00Z",
        "last_start": "2026-03-02T13:30:00Z", "durations_s": [1800], "sum_raw": "77.875",
    },
    "Q1": {
        "readings": 96, "without_value": 0, "unit": "kVArh", "first_start": "2026-02-28T14:00:00Z",
        "last_start": "2026-03-01T13:45:00Z", "durations_s": [900], "sum_raw": "192",
    },
}  # fmt: skip


@pytest.fixture
def judge(tmp_path, capsys):
    """Files by name with their truth, and lines of the index; gives (exit status, what was printed)."""

    def run(files, truth, *index, options=()):
        for name, content in files.items():
            (tmp_path / name).write_text(content)
        (tmp_path / "truth.json").write_text(json.dumps(truth))
        (tmp_path / "INDEX.md").write_text("\n".join(index))
        status = main([str(tmp_path), *options])
        return status, capsys.readouterr().out

    return run


def test_a_file_that_is_what_the_truth_says_is_ok(judge):
    status, output = judge({"a.csv": NEM12}, {"a.csv": {"series": SERIES, "notes": []}})

    assert status == 0
    assert "a.csv  ok" in output


def test_power_that_is_kept_as_energy_is_compared_as_energy(judge):
    series = {
        "readings": 2, "without_value": 0, "unit": "MW", "first_start": "2026-03-29T00:00:00Z",
        "last_start": "2026-03-29T00:15:00Z", "durations_s": [900], "sum_raw": "12",
    }  # fmt: skip
    files = {"g.xml": entsoe_document((1, "8"), (2, "4")).decode()}

    assert judge(files, {"g.xml": {"series": {"psr B16": series}}})[0] == 0
    assert judge(files, {"g.xml": {"series": {"psr B16": {**series, "sum_raw": "13"}}}})[0] == 1


@pytest.mark.parametrize(
    "change",
    [{"readings": 95}, {"without_value": 0}, {"sum_raw": "77.874"}, {"last_start": "2026-03-02T13:00:00Z"}],
)
def test_any_other_figure_is_a_difference(judge, change):
    truth = {"series": {**SERIES, "E1": {**SERIES["E1"], **change}}, "notes": []}

    status, output = judge({"a.csv": NEM12}, {"a.csv": truth})

    assert status == 1
    assert "DIFFERS" in output
    assert "not found: E1" in output
    assert "more than is there: NMI0000001 E1" in output


def test_a_series_more_or_a_rejected_row_is_a_difference(judge):
    broken = NEM12.replace("300,20260302,1.5,", "300,20260302,")

    assert judge({"a.csv": NEM12}, {"a.csv": {"series": {"E1": SERIES["E1"]}}})[0] == 1
    status, output = judge({"a.csv": broken}, {"a.csv": {"series": SERIES}})
    assert status == 1
    assert "1 rows rejected" in output


@pytest.mark.parametrize("cut", ["900", "0,V,,,20260302040000,"])
def test_an_invalid_file_is_to_be_refused_or_rejected(judge, cut):
    broken = NEM12.replace(cut, "")

    for truth, index in (({"notes": ["INVALID"]}, ""), ({}, "| a.csv | 12 | INVALID: cut off |")):
        status, output = judge({"a.csv": broken}, {"a.csv": {"series": {}, **truth}}, index)
        assert status == 0
        assert "as it should be" in output
    status, output = judge({"a.csv": NEM12}, {"a.csv": {"series": {}, "notes": ["INVALID"]}})
    assert status == 1
    assert "TAKEN, THOUGH INVALID" in output


def test_a_valid_file_that_is_refused_is_a_difference_and_an_unknown_one_is_told(judge):
    refused = judge({"a.csv": NEM12.removesuffix("900")}, {"a.csv": {"series": SERIES}})
    unknown = judge({"a.bin": "??"}, {"a.bin": {"series": SERIES}})

    assert refused[0] == 1
    assert "REFUSED" in refused[1]
    assert unknown[0] == 0
    assert "no format reads it" in unknown[1]
    assert judge({}, {"gone.csv": {"series": {}}})[0] == 1

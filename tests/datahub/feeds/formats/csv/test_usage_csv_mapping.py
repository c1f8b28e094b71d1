from decimal import Decimal

import pytest

from datahub.rows.base import FeedStructureError
from datahub.rows.usage import Quality
from tests.datahub.feeds.formats.csv.mapped import BRUSSELS, COLUMNS, LONG, MAPPING, instants, read, reasons
from tests.support.parsed_files import parse_file


def test_columns_are_found_by_name_whatever_its_case_and_others_are_left_alone():
    (series,) = read("colour;METER;from;Amount", "red;M-1;2025-06-01T00:00;5").rows

    assert (series.meter_number, series.total, instants(series)) == ("M-1", 5, ["05-31T22:00Z"])


def test_columns_are_found_by_position_where_there_is_no_header():
    (series,) = read(
        "M-1;x;2025-06-01T00:00;5", header=False, columns={"meter": 1, "start": 3, "value": 4}
    ).rows

    assert series.total == 5


def test_preamble_is_skipped_by_count_or_up_to_a_line_like_the_header():
    lines = ["Report of June", "made today", "Meter;From;Amount", "M;2025-06-01T00:00;5"]

    counted = read(*lines, skip_lines=2)
    matched = read(*lines, header_pattern="^Meter;")

    assert counted.rows[0].lines.tolist() == matched.rows[0].lines.tolist() == [4]


def test_trailing_lines_and_empty_cells_at_the_end_of_lines_are_no_readings():
    parsed = read(
        "Meter;From;Amount;", "M;2025-06-01T00:00;5;", "", "Total;;5;", "-- end --", ignore=["^Total;", "^--"]
    )

    assert (parsed.rows[0].size, parsed.rejected) == (1, [])


@pytest.mark.parametrize(
    ("cell", "marks", "total"),
    [
        ("1,5", {"decimal_mark": ","}, "1.5"),
        ("1.234,5", {"decimal_mark": ",", "thousands_mark": "."}, "1234.5"),
        ("1 234.5", {"thousands_mark": " "}, "1234.5"),
        ("-1'234'567", {"thousands_mark": "'"}, "-1234567"),
    ],
)
def test_numbers_are_written_with_the_marks_of_the_country(cell, marks, total):
    (series,) = read("Meter;From;Amount", f"M;2025-06-01T00:00;{cell}", delimiter=";", **marks).rows

    assert series.total == Decimal(total)


@pytest.mark.parametrize("cell", ["12.34,5", "1.5", "1.2345", ".123,4"])
def test_a_number_grouped_wrongly_is_rejected_rather_than_read_a_thousand_times_too_large(cell):
    lines = ["Meter;From;Amount", "M;2025-06-01T00:00;1", f"M;2025-06-01T01:00;{cell}"]

    parsed = read(*lines, decimal_mark=",", thousands_mark=".")

    assert reasons(parsed) == [(3, f"{cell!r} is not a number")]


@pytest.mark.parametrize(
    ("encoding", "written"),
    [("utf-8", "utf-8-sig"), ("latin-1", "latin-1"), ("utf-16", "utf-16"), (None, "utf-16")],
)
def test_text_is_read_in_the_encoding_of_the_file(encoding, written):
    lines = ["Zähler;From;Amount", "Mühle;2025-06-01T00:00;5", "Mühle;2025-06-01T00:15;6"]

    columns = COLUMNS | {"meter": "Zähler"}
    mapping = MAPPING | {"columns": columns, "encoding": encoding}
    (series,) = parse_file(LONG, "\n".join(lines).encode(written), zone=BRUSSELS, mapping=mapping).rows

    assert (series.meter_number, series.size, series.lines.tolist()) == ("Mühle", 2, [2, 3])


def test_units_directions_kinds_and_qualities_are_words_of_the_vendor():
    columns = {"unit": "U", "direction": "D", "quality": "Q", "commodity": "C"}
    lines = [
        "Meter;From;Amount;U;D;Q;C",
        "M;2025-06-01T00:00;2;Zehner;Bezug;echt;Strom",
        "M;2025-06-01T00:00;3;kWh;Einspeisung;geraten;Strom",
        "G;2025-06-01T00:00;4;m3;Bezug;echt;Gas",
        "M;2025-06-01T00:15;4;kWh;Bezug;falsch;Strom",
    ]

    parsed = read(
        *lines,
        columns=columns,
        units={"Zehner": {"unit": "kWh", "multiplier": "10"}},
        directions={"Bezug": "import", "Einspeisung": "export"},
        qualities={"echt": "actual", "geraten": "estimated"},
        commodities={"Strom": "electricity", "Gas": "natural_gas"},
    )

    assert [(s.direction, s.unit, s.commodity, s.total, s.quality.tolist()) for s in parsed.rows] == [
        ("import", "Wh", "electricity", 20_000, [Quality.ACTUAL]),
        ("export", "Wh", "electricity", 3_000, [Quality.ESTIMATED]),
        ("import", "m3", "natural_gas", 4, [Quality.ACTUAL]),
    ]
    assert reasons(parsed) == [(5, "quality 'falsch' is not known: say in the mapping what it means")]


@pytest.mark.parametrize("letter", [*"aescpwAESCPWG", "true value"])
def test_no_letter_is_a_quality_until_the_mapping_says_so(letter):
    columns = {"meter": "Zähler", "start": "Zeit", "value": "Wert", "unit": "Einheit", "quality": "Status"}
    lines = ("Zähler;Zeit;Wert;Einheit;Status", f"M;2025-06-01T00:00;1;kWh;{letter}")

    guessed = read(*lines, columns=columns)
    named = read(*lines, columns=columns, qualities={letter: "actual"})

    assert reasons(guessed) == [(2, f"quality {letter!r} is not known: say in the mapping what it means")]
    assert named.rows[0].quality.tolist() == [Quality.ACTUAL]
    assert named.rows[0].known.all()


def test_a_register_can_say_direction_unit_and_kind():
    lines = [
        "Meter;From;Amount;Register",
        "M;2025-06-01T00:00;1;In",
        "M;2025-06-01T00:00;2;Out",
        "M;2025-06-01T00:00;9;Stand",
    ]

    parsed = read(
        *lines,
        columns={"register": "Register"},
        registers={
            "In": {"direction": "import"},
            "out": {"direction": "export", "register": "2.8.0"},
            "Stand": {"kind": "register", "unit": "kWh"},
        },
        settings={"direction": "net"},
    )

    assert [(s.register, s.direction, s.kind) for s in parsed.rows] == [
        ("In", "import", "interval"), ("2.8.0", "export", "interval"), ("Stand", "net", "register"),
    ]  # fmt: skip


def test_words_and_numbers_that_mean_unknown_are_never_a_value():
    cells = ["", "n/a", "fehlt", "-9999", "9999", "0"]
    lines = [f"M;2025-06-01T00:{place:02d};{cell}" for place, cell in enumerate(cells)]

    (series,) = read("Meter;From;Amount", *lines, unknown=["fehlt", "-9999"], interval_seconds=60).rows

    assert series.known.tolist() == [False, False, False, False, True, True]
    assert series.total == 9999


@pytest.mark.parametrize(("seconds", "total"), [(900, "250.375"), (1800, "500.75"), (3600, "1001.5")])
def test_mean_power_becomes_the_energy_of_its_interval(seconds, total):
    (series,) = read(
        "Meter;From;Amount", "M;2025-06-01T00:00;1.0015", columns={"unit": {"text": "kW"}}, mean_power=True,
        interval_seconds=seconds,
    ).rows  # fmt: skip

    assert (series.unit, series.kind, series.total) == ("Wh", "interval", Decimal(total))


def test_mean_power_that_is_no_exact_energy_is_rejected_and_not_rounded():
    lines = ["Meter;From;Amount", "M;2025-06-01T00:00;3", "M;2025-06-01T00:05;1"]

    parsed = read(*lines, columns={"unit": {"text": "W"}}, mean_power=True, interval_seconds=300)

    assert parsed.rows[0].total == Decimal("0.25")
    assert reasons(parsed) == [(3, "mean power over 300 s is no exact energy; load it as demand")]


@pytest.mark.parametrize(
    ("sign", "totals"),
    [
        ("as_written", {"import": -1}),
        ("reversed", {"import": 1}),
        ("negative_is_export", {"import": 2, "export": 3}),
    ],
)
def test_the_sign_of_a_number_can_tell_its_direction(sign, totals):
    parsed = read("Meter;From;Amount", "M;2025-06-01T00:00;2", "M;2025-06-01T00:15;-3", sign=sign)

    assert {series.direction: series.total for series in parsed.rows} == totals


def test_readings_that_go_to_the_other_direction_keep_their_value_among_channels_of_other_decimals():
    lines = ["Meter;From;Amount", "M;2025-06-01T00:00;2.125", "N;2025-06-01T00:00;-3", "N;2025-06-01T00:15;4"]

    parsed = read(*lines, sign="negative_is_export")

    assert [(series.meter_number, series.direction, series.total) for series in parsed.rows] == [
        ("M", "import", Decimal("2.125")), ("N", "import", 4), ("N", "export", 3),
    ]  # fmt: skip


def test_a_multiplier_is_exact():
    (series,) = read("Meter;From;Amount", "M;2025-06-01T00:00;0.7", multiplier="0.003").rows

    assert series.total == Decimal("0.0021")


def test_sections_are_registers_of_their_own_and_what_is_between_is_no_data():
    export = ["For: M-7", "== export ==", "From,Amount", " 2025-06-01 00:00 ,-1", ""]
    lines = [*export, "== import ==", "From,Amount", "2025-06-01 00:00,2"]
    sections = [
        {"start": "^From", "end": r"^\s*$", "register": "out", "direction": "export", "sign": "reversed"},
        {"start": "^From", "register": "in"},
    ]

    parsed = read(
        *lines, columns={"meter": {"head": r"For: (\S+)"}}, header_pattern="^From", sections=sections,
    )  # fmt: skip
    more = read(
        *lines,
        "From,Amount",
        "2025-06-01 00:00,3",
        columns={"meter": {"text": "x"}},
        header_pattern="^From",
        sections=sections,
    )

    assert [(s.meter_number, s.register, s.direction, s.total) for s in parsed.rows] == [
        ("M-7", "out", "export", 1), ("M-7", "in", "import", 2),
    ]  # fmt: skip
    assert parsed.read == 2
    assert reasons(more) == [(10, "the mapping tells of no such section")]


def test_several_columns_of_values_are_registers_of_one_line():
    columns = {"meter": "Meter", "start": "From"}
    values = [
        {"column": "In", "register": "1.8.0", "direction": "import", "unit": "kWh"},
        {"column": 4, "register": "2.8.0", "direction": "export", "unit": "kWh", "sign": "reversed"},
    ]
    lines = [
        "Meter;From;In;Out",
        "M;2025-06-01T00:00;1;-2",
        "M;2025-06-01T00:15;;-3",
        "M;noon;1;1",
        "M;2025-06-01T00:30;x;-4",
    ]
    mapping = {"columns": columns, "values": values, "interval_seconds": 900}

    parsed = parse_file(LONG, "\n".join(lines).encode(), zone=BRUSSELS, mapping=mapping)

    assert [(s.register, s.direction, s.size, s.total) for s in parsed.rows] == [
        ("1.8.0", "import", 2, 1000), ("2.8.0", "export", 3, 9000),
    ]  # fmt: skip
    assert reasons(parsed) == [
        (4, "'noon' is not a time like 2026-03-01T13:30 or 2026-03-01T13:30-05:00"),
        (5, "'x' is not a number"),
    ]
    assert parsed.rows[0].known.tolist() == [True, False]


def test_guards_quotes_and_delimiters_inside_of_quotes_are_part_of_no_value():
    lines = [
        '"Meter";From;"Amount"',
        '="0123";2025-06-01T00:00;"5"',
        '"a;b";2025-06-01T00:00;6',
        '"say ""x""";2025-06-01T00:00;7',
    ]

    parsed = read(*lines)

    assert [series.meter_number for series in parsed.rows] == ["0123", "a;b", 'say "x"']


def test_a_word_may_be_a_part_of_its_cell():
    columns = {
        "meter": {"column": "Meter", "pattern": r"#(\d+)"},
        "start": {"column": "From", "pattern": "^(.*) to "},
        "end": {"column": "From", "pattern": " to (.*)$"},
    }
    lines = [
        "Meter;From;Amount",
        "no #12;2025-06-01 00:00 to 2025-06-01 00:15;5",
        "none;2025-06-01 00:15 to 2025-06-01 00:30;5",
    ]

    parsed = read(*lines, columns=columns, interval_seconds=None)

    assert [(s.meter_number, s.interval_seconds) for s in parsed.rows] == [("12", 900)]
    assert reasons(parsed) == [(3, r"'none' is not like #(\d+)")]


def test_a_setting_of_the_feed_goes_before_what_the_mapping_says_of_all_lines():
    (series,) = read(
        "From;Amount", "2025-06-01T00:00;5", columns={"meter": {"text": "unnamed"}}, settings={"meter": "M-1"}
    ).rows

    assert series.meter_number == "M-1"


def test_a_column_that_is_not_there_refuses_the_file():
    with pytest.raises(FeedStructureError, match="line 1: missing column Amount"):
        read("Meter;From;Volume", "M;2025-06-01T00:00;5")


def test_a_mapping_that_fits_no_line_refuses_the_file_instead_of_rejecting_it_line_by_line():
    lines = [f"M;{place};5" for place in range(1000)]

    with pytest.raises(
        FeedStructureError, match="none of the first 1000 lines can be taken; line 2: '0' is not"
    ):
        read("Meter;From;Amount", *lines)

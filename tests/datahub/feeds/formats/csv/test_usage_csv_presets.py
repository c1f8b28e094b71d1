"""Exports that are seen in the field, in files of our own making with invented meters."""

from decimal import Decimal

import pytest

from datahub.feeds.formats.csv.mapping_json import mapping_of
from datahub.feeds.formats.csv.presets import find_preset, presets
from datahub.feeds.formats.registry import formats
from tests.datahub.feeds.formats.files import NEW_YORK
from tests.support.parsed_files import parse_file

QUARTERS = [f"{minute // 60:02d}:{minute % 60:02d}" for minute in range(0, 24 * 60 + 15, 15)]
BELGIAN_COLUMNS = "Van datum;Van tijdstip;Tot datum;Tot tijdstip;EAN;Meter;Metertype;Register;Volume;Eenheid"
BELGIAN = f"""\ufeff{BELGIAN_COLUMNS};Validatiestatus
26-10-2025;02:45:00;26-10-2025;02:00:00;="541448800000000001";1SAG1;Digitale Meter;Afname Nacht;0,125;kWh;Gevalideerd
26-10-2025;02:45:00;26-10-2025;03:00:00;="541448800000000001";1SAG1;Digitale Meter;Afname Nacht;;kWh;Geen verbruik
26-10-2025;03:00:00;26-10-2025;03:15:00;="541448800000000001";1SAG1;Digitale Meter;Injectie Nacht;1,5;kWh;Geschat
"""
ITALIAN = "\n".join(
    [
        "Giorno;"
        + ";".join(
            f"{begin}-{end}" for begin, end in zip(QUARTERS, [*QUARTERS[1:-1], "00:00"], strict=False)
        ),
        '"01/06/2025";' + ";".join(['"0,25"'] * 96),
        '"30/03/2025";' + ";".join(['"0,5"'] * 8 + ['""'] * 4 + ['"0,5"'] * 84),
    ]
)
SECTION = """ Meter Reading Information
 ========================================
 Start date: 2025-06-01 00:00 for 1 days
 ========================================
 Interval Blockdata for period starting:, 2025-06-01 00:00  for 1 days
 ========================================
 Energy consumption time period,Usage(Real energy in kilowatt-hours),Events occurred
 2025-06-01 00:00 to 2025-06-01 01:00,{0},,
 2025-06-01 01:00 to 2025-06-01 02:00,{1},,

 ========================================
"""
AMERICAN = """========================================
 Usage Information
 For: 4711
 ========================================
""" + "".join(SECTION.format(*pair) for pair in (("-0.010", "-1.5"), ("0.000", "2.000"), ("-0.010", "0.5")))
SUPPLIER = """"Datum","EAN","Verbruik","Type","Piek"
"2025-10-26T02:00:00+02:00","541448800000000001","0.742","Elektriciteit","false"
"2025-10-26T02:00:00+01:00","541448800000000001","0.383","Elektriciteit","false"
"2025-10-26T02:00:00+01:00","541448800000000002","1.5","Gas","0"
"""


def read(text):
    name, mapping = find_preset(text.encode())
    parsed = parse_file(presets()[name].format, text.encode(), zone=NEW_YORK, mapping=mapping)
    assert parsed.rejected == []
    return name, [(s.meter_number, s.register, s.direction, s.unit, s.size, s.total) for s in parsed.rows]


@pytest.mark.parametrize("name", sorted(presets()))
def test_each_preset_is_a_mapping_that_can_be_used(name):
    assert mapping_of(presets()[name].mapping).shape == presets()[name].mapping["shape"]
    assert presets()[name].format in formats()


def test_a_belgian_operator_writes_both_passes_side_by_side_and_registers_by_word():
    assert read(BELGIAN) == (
        "fluvius_electricity",
        [
            ("1SAG1", "Afname Nacht", "import", "Wh", 2, Decimal(125)),
            ("1SAG1", "Injectie Nacht", "export", "Wh", 1, Decimal(1500)),
        ],
    )


def test_an_italian_operator_writes_a_day_a_line_and_no_meter():
    assert read(ITALIAN) == (
        "e_distribuzione_quarter_hours",
        [("unnamed", "", "import", "Wh", 96 + 92, Decimal(24_000 + 46_000))],
    )


def test_an_american_co_operative_writes_sections_of_the_same_hours():
    assert read(AMERICAN) == (
        "united_power",
        [
            ("4711", "1", "net", "Wh", 2, Decimal(-1510)),
            ("4711", "2", "net", "Wh", 2, Decimal(2000)),
            ("4711", "3", "net", "Wh", 2, Decimal(490)),
        ],
    )


def test_a_supplier_writes_electricity_and_gas_by_point():
    assert read(SUPPLIER) == (
        "engie_hours",
        [
            ("541448800000000001", "", "import", "Wh", 2, Decimal(1125)),
            ("541448800000000002", "", "import", "m3", 1, Decimal("1.5")),
        ],
    )


@pytest.mark.parametrize(
    "head", [b"", b"meter,start,value\n", b"\x00\xff\xfe rubbish", "Datum".encode("utf-16")]
)
def test_other_files_have_no_preset(head):
    assert find_preset(head) is None


def test_a_belgian_operator_writes_gas_as_volume_and_as_energy():
    text = f"""{BELGIAN_COLUMNS};Validatiestatus;Calorische Bovenwaarde
01-06-2025;06:00:00;01-06-2025;07:00:00;="541448860000000001";7GAS1;Digitale Meter;Afname;0,495;m³;Gevalideerd;
01-06-2025;06:00:00;01-06-2025;07:00:00;="541448860000000001";7GAS1;Digitale Meter;Afname;5,445;kWh;Nieuw;Voorlopig
"""

    assert read(text) == (
        "fluvius_gas",
        [
            ("7GAS1", "Afname", "import", "m3", 1, Decimal("0.495")),
            ("7GAS1", "Afname", "import", "Wh", 1, Decimal(5445)),
        ],
    )


def test_the_same_operator_writes_in_english_as_well():
    columns = (
        "From (date);From (time);Until (date);Until (time);EAN code;Meter;Meter type;Register;Volume;Unit"
    )
    text = f"""{columns};Validation status;Description
01/06/2025;00:00:00;01/06/2025;00:15:00;="541448800000000001";1SAG1;Digital meter;Injection Night;0,173;kWh;Read;
"""

    assert read(text) == (
        "fluvius_electricity_english",
        [("1SAG1", "Injection Night", "export", "Wh", 1, Decimal(173))],
    )


def test_a_meter_reader_writes_a_column_for_each_register():
    hours = """Hour Start,Electricity 1 (Dutch Users: Low Tariff),Electricity 2,Returned 1,Returned 2,Gas
2025-06-01T00:00:00+02:00,0.196,0,0,0.5,0.032
"""
    reads = """time,Import T1 kWh,Import T2 kWh,Export T1 kWh,Export T2 kWh
2025-06-01 00:00,8350.274,4650.277,3095.077,
"""

    assert read(hours) == (
        "dsmr_reader_hours",
        [
            ("unnamed", "1.8.1", "import", "Wh", 1, Decimal(196)),
            ("unnamed", "1.8.2", "import", "Wh", 1, Decimal(0)),
            ("unnamed", "2.8.1", "export", "Wh", 1, Decimal(0)),
            ("unnamed", "2.8.2", "export", "Wh", 1, Decimal(500)),
            ("unnamed", "gas", "import", "m3", 1, Decimal("0.032")),
        ],
    )
    name, series = read(reads)
    assert (name, [total for *_, total in series]) == (
        "homewizard_registers",
        [8_350_274, 4_650_277, 3_095_077, 0],
    )


def test_an_american_utility_writes_quarter_hours_beside_hours():
    text = """Name,NOBODY,,,,,,
Meter Number,4711,,,,,,
,,,,,,,
Start Interval Date/Time,Meter Id,Usage,Units,Interval,Usage,Units,Interval
06/01/2025 00:00,4711,2.1,kwh,60min,0.56,kwh,15min
06/01/2025 00:15,4711,-,-,-,0.51,kwh,15min
"""

    assert read(text) == ("ameren_quarter_hours", [("4711", "", "import", "Wh", 2, Decimal(1070))])


def test_a_section_of_another_kind_is_told_by_its_own_heading():
    demand = SECTION.replace("kilowatt-hours", "kilowatts").format("10.672", "9")

    _, series = read(AMERICAN + demand)

    assert series[-1] == ("4711", "demand", "import", "W", 2, Decimal(19_672))

"""The corpus: files made to break a reader, each with the format that is to refuse it or reject its rows."""

import io
import json
import re
import zipfile
from collections.abc import Callable

from tests.datahub.feeds.formats.files import content_of


def bills_of_exponent() -> bytes:
    return b'{"bills": [{"statement_number": "B-1", "amount": 1e999999999, "new_charges": -1E+99999999}]}'


def bills_of_nothing() -> bytes:
    return b'{"bills": [' + b",".join([b"{}"] * 560_000) + b"]}"


def a_bill_of_empty_sections() -> bytes:
    return b'{"bills": [{"sections": [' + b",".join([b"{}"] * 560_000) + b"]}]}"


def bills_of_small_numbers() -> bytes:
    return b'{"bills": [{"sections": [' + b",".join([b"0"] * 4_000_000) + b"]}]}"


def number_of_many_digits() -> bytes:
    return (
        b'{"as_of": "2026-01-01", "mode": "full", "customers": [{"customer_number": '
        + b"9" * 100_000
        + b"}]}"
    )


def nested(opening: bytes = b"[") -> bytes:
    return b'{"as_of": ' + opening * 200_000


def espi_with_entities_behind(blanks: int) -> bytes:
    head = b'<?xml version="1.0" encoding="UTF-8"?>'
    dtd = b'<!DOCTYPE feed [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>'
    body = content_of("espi_two_points_prefixed.xml").partition(b"?>")[2]
    return (
        head + b" " * (blanks - len(head)) + dtd + body.replace(b'rel="self"', b'rel="self" title="&b;"', 1)
    )


def zip_of(name: str, content: bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
    return packed.getvalue()


def bills_zip_of_one_byte() -> bytes:
    """520 kB that unpack to half a gigabyte."""
    return zip_of("bills.json", b'{"bills": [' + b" " * (500 << 20) + b"]}")


def datadis_of_digits() -> bytes:
    hour = {"cups": "ES1", "date": "2026/03/01", "time": "01:00", "surplusEnergyKWh": 0}
    return json.dumps([{**hour, "consumptionKWh": "N"}]).replace('"N"', "9" * 100_000).encode()


def mscons_of_digits() -> bytes:
    return content_of("mscons.txt").replace(b"QTY+220:", b"QTY+220:" + b"9" * 30_000, 1)


def mscons_of_a_count(count: bytes) -> bytes:
    content = content_of("mscons.txt")
    begin = content.rindex(b"UNZ+") + 4
    return content[:begin] + count + content[content.index(b"+", begin) :]


def espi_of_an_endless(name: bytes) -> bytes:
    """Each `name` of the file with 5,000 digits."""
    return re.sub(
        rb"(<(?:\w+:)?%s>)[0-9]+<" % name,
        rb"\g<1>" + b"9" * 5_000 + b"<",
        content_of("espi_two_points_prefixed.xml"),
    )


def hierarchy_of_deep_cells() -> bytes:
    deep = b"[" * 700 + b"]" * 700
    return b'{"as_of": "2026-01-01", "mode": "full", "customers": [{"customer_number": ' + deep + b"}]}"


def hierarchy_of(line: bytes, count: int) -> bytes:
    head = b"record,mode,as_of,meter_number,servicepoint_number,start\nfile,full,2026-01-01T00:00Z,,,\n"
    return head + line * count


def espi_of_empty_elements() -> bytes:
    return (
        b'<feed xmlns="http://www.w3.org/2005/Atom" xmlns:e="http://naesb.org/espi"><entry><content><e:UsageSummary>'
        + b"<x/>" * 3_900_000
    )


def bills_among_readings() -> bytes:
    head = b'<feed xmlns="http://www.w3.org/2005/Atom" xmlns:e="http://naesb.org/espi"><entry><content><e:IntervalBlock>'
    return head + b"<e:IntervalReading/>" * 300_000


def generation_of_attributes() -> bytes:
    return b"<GL_MarketDocument>" + b'<x a="" b="" c="" d="" e="" f=""/>' * 400_000 + b"</GL_MarketDocument>"


CORPUS: dict[str, tuple[str, Callable[[], bytes]]] = {
    "an exponent of a milliard": ("bills_json", bills_of_exponent),
    "half a million empty bills": ("bills_json", bills_of_nothing),
    "half a million empty sections": ("bills_json", a_bill_of_empty_sections),
    "four million numbers": ("bills_json", bills_of_small_numbers),
    "a number of 100,000 digits": ("hierarchy_json", number_of_many_digits),
    "lists in lists": ("hierarchy_json", nested),
    "objects in objects": ("hierarchy_json", lambda: nested(b'{"a":')),
    "a document type in the first piece": ("espi_xml", lambda: espi_with_entities_behind(100)),
    "a document type across two pieces": ("espi_xml", lambda: espi_with_entities_behind((1 << 20) - 5)),
    "a document type at the edge": ("espi_xml", lambda: espi_with_entities_behind((1 << 20) - 1)),
    "entities in bills": ("bills_espi", lambda: espi_with_entities_behind((1 << 20) - 5)),
    "digits of datadis": ("datadis_json", datadis_of_digits),
    "digits of mscons": ("mscons", mscons_of_digits),
    "a count of messages that is no digit": ("mscons", lambda: mscons_of_a_count("²".encode())),
    "a count of messages of 5,000 digits": ("mscons", lambda: mscons_of_a_count(b"9" * 5_000)),
    "an endless duration": ("espi_xml", lambda: espi_of_an_endless(b"duration")),
    "cells in cells": ("hierarchy_json", hierarchy_of_deep_cells),
    "a value of megabytes": ("hierarchy_json", lambda: b'{"as_of": "' + b"x" * (8 << 20)),
    "a record of commas": ("hierarchy_csv", lambda: hierarchy_of(b",", 16 << 20)),
    "a record of many lines": ("hierarchy_csv", lambda: hierarchy_of(b'"\n",', 4 << 20)),
    "lines that are no records": ("hierarchy_csv", lambda: hierarchy_of(b"x\n", 1_000_000)),
    "a meter told again and again": (
        "hierarchy_csv",
        lambda: hierarchy_of(b"installation,,,M,S,2026-01-01\n", 110_000),
    ),
    "terms that are none": (
        "supply_terms_csv",
        lambda: b"contract_number,supplier,tariff_code,tariff_name,start" + b"\nx" * 1_000_000,
    ),
    "a bill without end": ("bills_csv", lambda: content_of("bills.csv").rstrip() + b"\nx" * 1_000_000),
    "elements of nothing": ("espi_xml", espi_of_empty_elements),
    "elements of nothing in bills": ("bills_espi", espi_of_empty_elements),
    "readings in bills": ("bills_espi", bills_among_readings),
    "attributes of nothing": ("entsoe_xml", generation_of_attributes),
}

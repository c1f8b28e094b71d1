import struct
import zipfile
from io import BytesIO

import pytest

from datahub.feeds.formats import archive
from datahub.feeds.formats.registry import detect, formats
from datahub.rows.base import FeedStructureError
from tests.datahub.feeds.formats.files import NEW_YORK, content_of

TWO_POINTS = content_of("espi_two_points_prefixed.xml")
GAS = content_of("espi_gas_bill_periods.xml")


def zip_of(*members):
    packed = BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return packed.getvalue()


def parts_of(content, name="espi_xml"):
    return list(formats()[name].read(BytesIO(content), zone=NEW_YORK))


def readings(parts):
    return sum(part.accepted for part in parts)


def test_members_are_read_one_after_the_other_and_the_offset_is_that_of_the_zip():
    content = zip_of(("2025/electricity.xml", TWO_POINTS), ("2025/gas.xml", GAS))

    parts = parts_of(content)

    assert readings(parts) == 21 + 4 + 3
    offsets = [part.offset for part in parts]
    assert offsets == sorted(offsets)
    assert 0 < offsets[-1] <= len(content)


def test_a_rejection_names_the_member_with_its_line():
    broken = GAS.replace(b">64075<", b">6407x<")

    (rejected,) = [
        row for part in parts_of(zip_of(("a.xml", GAS), ("b.xml", broken))) for row in part.rejected
    ]

    assert rejected.reason == "b.xml: '6407x' is not a number"
    assert b"IntervalReading" in broken.splitlines()[rejected.line - 1]


def test_any_usage_format_is_read_out_of_a_zip():
    csv = b"meter,start,value\nM-1,2025-03-01T00:00Z,1\n"
    options = {"zone": NEW_YORK, "settings": {"unit": "kWh", "interval_seconds": "900"}}

    parts = list(formats()["usage_csv_long"].read(BytesIO(zip_of(("day.csv", csv))), **options))

    assert readings(parts) == 1


def test_style_sheets_folders_and_hidden_files_are_passed_over():
    content = zip_of(
        ("data/", b""), ("style.xslt", b"<x/>"), ("__MACOSX/._gas.xml", b"\0"), ("data/gas.xml", GAS)
    )

    assert readings(parts_of(content)) == 3
    assert detect(content, "DownloadMyData.zip").name == "espi_xml"


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("usage.html", b"<html><body>the same</body></html>"),
        ("usage.data", b"\xef\xbb\xbf\n<!DOCTYPE html><p>the same</p>"),
        ("README.txt", b"How to read this file"),
        ("notes.txt", b"thank you"),
        ("bill.pdf", b"%PDF-1.7"),
        ("logo.png", b"\x89PNG"),
    ],
)
def test_what_is_no_data_is_skipped_and_named_and_the_rest_is_read(name, content):
    for members in ([(name, content), ("gas.xml", GAS)], [("gas.xml", GAS), (name, content)]):
        parts = parts_of(zip_of(*members))

        assert readings(parts) == 3
        assert [each for part in parts for each in part.skipped] == [name]
        assert not any(part.rejected for part in parts)


def test_a_zip_of_nothing_but_a_read_me_is_refused_in_words():
    with pytest.raises(FeedStructureError, match=r"holds no file to read: README\.txt is no data"):
        parts_of(zip_of(("README.txt", b"nothing")))


def test_the_format_is_told_by_the_first_file_of_data():
    content = zip_of(("README.txt", b"How to read"), ("usage.html", b"<html>"), ("gas.xml", GAS))

    assert detect(content, "DownloadMyData.zip").name == "espi_xml"


def test_one_broken_member_refuses_all_before_the_first_part():
    content = zip_of(("good.xml", GAS), ("cut.xml", GAS[:-300]))
    parts = formats()["espi_xml"].read(BytesIO(content), zone=NEW_YORK)

    with pytest.raises(FeedStructureError, match=r"cut\.xml: line \d+: not well-formed"):
        next(parts)


def encrypted():
    content = bytearray(zip_of(("gas.xml", GAS)))
    directory = content.rfind(b"PK\x01\x02")
    struct.pack_into("<H", content, directory + 8, 1)
    return bytes(content)


def damaged():
    content = zip_of(("gas.xml", GAS))
    middle = len(content) // 3
    return content[:middle] + bytes(8) + content[middle + 8 :]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (zip_of(("inner.zip", zip_of(("gas.xml", GAS)))), "a ZIP in a ZIP"),
        (zip_of(("../gas.xml", GAS)), "outside of it"),
        (zip_of(("/etc/gas.xml", GAS)), "outside of it"),
        (zip_of(("C:\\gas.xml", GAS)), "outside of it"),
        (zip_of(("zeros.xml", bytes(30 << 20))), "packed more than"),
        (zip_of(("style.xsl", b"<x/>")), "no file to read"),
        (encrypted(), "encrypted"),
        (damaged(), "cannot be read|damaged"),
        (zip_of(("gas.xml", GAS))[:-30], "cannot be read"),
    ],
)
def test_a_zip_that_is_broken_or_a_trick_is_refused(content, message):
    with pytest.raises(FeedStructureError, match=message):
        parts_of(content)


def test_too_much_is_refused_before_anything_is_unpacked(monkeypatch):
    monkeypatch.setattr(archive, "_MOST_BYTES", len(GAS) + 1)

    with pytest.raises(FeedStructureError, match="holds more than"):
        parts_of(zip_of(("a.xml", GAS), ("b.xml", GAS)))

"""Rows that a rule removes are in files before: whole, typed, under their digests."""

import hashlib
import io
from datetime import UTC, datetime

import orjson
import polars as pl
import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import InMemoryStorage, default_storage

from cdsc_portal.lib.db import archive
from cdsc_portal.lib.db.archive import archive_table
from cdsc_portal.lib.db.months import make_months
from consent.models import Disclosure
from tests.factories.consent import GrantFactory

pytestmark = pytest.mark.django_db
AT = datetime(2031, 5, 5, 12, 30, 0, 123456, tzinfo=UTC)
TABLE = "consent_disclosure_2031_05"


@pytest.fixture
def disclosures():
    make_months("consent_disclosure", [AT.date().replace(day=1)])
    return [
        Disclosure.objects.create(
            grant=GrantFactory(),
            scope="usage_data",
            resource="usage_data",
            value_count=number,
            released_at=AT,
            address="2001:db8::7",
            contracts=[1, number],
        )
        for number in range(5)
    ]


def read(name):
    with default_storage.open(name) as file:
        return file.read()


def test_all_rows_are_in_the_files_that_the_manifest_names(disclosures, monkeypatch):
    monkeypatch.setattr(archive, "ROWS_A_FILE", 2)

    manifest = orjson.loads(read(archive_table(TABLE, at=AT)))

    assert (manifest["table"], manifest["rows"], manifest["written"]) == (TABLE, 5, AT.isoformat())
    assert [file["rows"] for file in manifest["files"]] == [2, 2, 1]
    contents = [read(f"archive/{TABLE}/{file['name']}") for file in manifest["files"]]
    assert [hashlib.sha256(content).hexdigest() for content in contents] == [
        file["sha256"] for file in manifest["files"]
    ]
    rows = pl.concat([pl.read_parquet(io.BytesIO(content)) for content in contents])
    assert rows.columns == list(manifest["columns"])
    for disclosure, row in zip(disclosures, rows.sort("id").iter_rows(named=True), strict=True):
        assert (row["released_at"], row["grant_id"], row["value_count"]) == (
            AT, disclosure.grant_id, disclosure.value_count,
        )  # fmt: skip
        assert (row["address"], row["contracts"], row["start"]) == (
            "2001:db8::7/128", disclosure.contracts, None,
        )  # fmt: skip


def test_a_broken_try_is_written_again_and_a_table_without_rows_has_a_file(disclosures):
    default_storage.delete(f"archive/{TABLE}/00000.parquet")
    archive_table(TABLE, at=AT)
    archive_table(TABLE, at=AT)
    make_months("consent_disclosure", [AT.date().replace(month=6, day=1)])

    empty = orjson.loads(read(archive_table("consent_disclosure_2031_06", at=AT)))

    _folders, files = default_storage.listdir(f"archive/{TABLE}")
    assert sorted(files) == ["00000.parquet", "manifest.json"]
    assert [file["rows"] for file in empty["files"]] == [0]


class _Losing(InMemoryStorage):
    def _save(self, name, content):
        return super()._save(name, ContentFile(content.read()[:-1]))


def test_what_the_storage_does_not_hold_is_no_archive(disclosures, monkeypatch):
    monkeypatch.setattr(archive, "default_storage", _Losing())

    with pytest.raises(OSError, match="does not hold"):
        archive_table(TABLE, at=AT)

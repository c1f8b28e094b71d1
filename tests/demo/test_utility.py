"""The invented utility: the same files from the same seed, read by the feeds without a rejected row."""

import zipfile
from datetime import date
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from demo import main_job
from demo.installation import HAND_MADE
from demo.utility import files, structure
from tests.support.parsed_files import parse_file

ZONE = ZoneInfo("America/Los_Angeles")


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("feeds")
    return files.write(structure.utility(date(2026, 11, 24), months=3), folder, ZONE, seed=1, mix_days=2)


def test_every_file_is_read_without_a_rejected_row(made):
    for file in made:
        content = file.path.read_bytes()
        if file.path.suffix == ".zip":
            with zipfile.ZipFile(file.path) as archive:
                content = archive.read("bills.csv")

        parsed = parse_file(file.format, content, zone=ZONE)

        assert parsed.rows, file.path.name
        assert not parsed.rejected, file.path.name


def test_the_same_seed_writes_the_same_files(made, tmp_path):
    utility = structure.utility(date(2026, 11, 24), months=3)

    again = files.write(utility, tmp_path, ZONE, seed=1, mix_days=2)

    for first, second in zip(made, again, strict=True):
        if first.path.suffix != ".zip":  # an archive holds the time of writing
            assert first.path.read_bytes() == second.path.read_bytes()


def test_the_hand_made_file_sums_to_what_was_worked_out_by_hand():
    (series,) = parse_file("usage_csv_long", HAND_MADE.read_bytes(), zone=ZONE).rows

    assert series.meter_number == main_job.HAND_MADE_METER
    assert series.size == main_job.HAND_MADE_READINGS == 24 + 25
    assert int(series.known.sum()) == main_job.HAND_MADE_KNOWN
    assert series.total == main_job.HAND_MADE_WH == Decimal("37790")


def test_people_and_addresses_are_plainly_invented():
    utility = structure.utility(date(2026, 11, 24), months=3)

    assert all(person.email.endswith("@example.com") for person in utility.people)
    assert all("Exampleton" in account.address for account in utility.accounts)

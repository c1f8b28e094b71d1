"""X-18: files with customers' data are for the server's own user: 0600 in folders of 0700, whatever the umask."""

import os
from datetime import date
from pathlib import Path

import pytest
from django.conf import settings as configured
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.core.mail import send_mail
from django.db import connection
from django.test import Client as Browser

from consent.models import ProvidedFile, RecordedConsent
from datahub.downloads.pages import views
from datahub.models import BillStatement, Download, FeedRun
from datahub.tasks import write_download
from tests.factories.accounts import household
from tests.factories.feeds import load_days

pytestmark = pytest.mark.spec("X-18")


@pytest.fixture
def var(settings, tmp_path):
    """A folder that anybody may read, as a careless umask leaves everything else."""
    before = os.umask(0)
    settings.MEDIA_ROOT = tmp_path / "var" / "media"
    settings.EMAIL_FILE_PATH = tmp_path / "var" / "mail"
    yield tmp_path / "var"
    os.umask(before)


def modes(var: Path) -> tuple[set[str], set[str]]:
    """Of the folders and of the files below `var`."""
    paths = list(var.rglob("*"))
    folders, files = [path for path in paths if path.is_dir()], [path for path in paths if path.is_file()]
    assert folders and files
    return {oct(path.stat().st_mode & 0o777) for path in folders}, {
        oct(path.stat().st_mode & 0o777) for path in files
    }


@pytest.mark.parametrize(
    "field",
    [FeedRun.file, BillStatement.file, RecordedConsent.proof_file, ProvidedFile.file],
    ids=["feed", "bill", "proof", "provided"],
)
@pytest.mark.parametrize("size", [10, 3_000_000], ids=["small", "large"])
def test_what_is_stored_is_private(var, field, size):
    name = field.field.generate_filename(None, "file.pdf")

    field.field.storage.save(name, ContentFile(b"x" * size))

    assert modes(var) == ({"0o700"}, {"0o600"})


@pytest.mark.django_db
def test_a_download_is_private(var, monkeypatch):
    monkeypatch.setattr(views, "AT_ONCE", 0)
    home, browser = household(), Browser()
    browser.force_login(home.owner)
    load_days(home.meter, date(2026, 3, 1), 2, scale=0)
    form = {"what": "usage", "form": "csv", "start": "2026-03-01", "end": "2026-03-02"}
    browser.post("/my/downloads/", {**form, "services": [home.contract.public_id]})

    write_download(Download.objects.get().pk)

    assert modes(var) == ({"0o700"}, {"0o600"})


def test_mail_in_files_is_private(var, settings):
    settings.EMAIL_BACKEND = "cdsc_portal.mail_files.PrivateEmailBackend"

    send_mail("Your code", "4711", "from@example.com", ["to@example.com"])

    assert modes(var) == ({"0o700"}, {"0o600"})
    assert b"4711" in next(settings.EMAIL_FILE_PATH.iterdir()).read_bytes()


def test_the_pages_own_files_are_for_everybody():
    static = storages["staticfiles"]

    assert (static.file_permissions_mode, static.directory_permissions_mode) == (0o644, 0o755)


@pytest.mark.django_db
def test_the_folder_of_the_database_is_private():
    if configured.ENV.database_url:
        pytest.skip("a database of one's own")
    with connection.cursor() as cursor:
        cursor.execute("SHOW data_directory")
        folder = Path(cursor.fetchone()[0])

    assert folder.stat().st_mode & 0o777 == 0o700

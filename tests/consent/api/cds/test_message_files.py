"""Files that come with messages (R-118, R-129): kept whole, given to their own registration, hostile ones refused."""

from base64 import b64encode
from datetime import timedelta
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from cdsc_portal.lib.time import clock
from consent.models import MessageAttachment
from consent.services.third_parties.attachments import MOST_BYTES, delete_orphans
from tests.consent.api.cds.messages import LIST, SUPPORT, file, ids, post, written

pytestmark = pytest.mark.django_db
PDF = b"%PDF-1.7\n1 0 obj\nendobj\n%%EOF\n"


@pytest.fixture(autouse=True)
def folder(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"
    return settings.MEDIA_ROOT


def png(kind="PNG"):
    file = BytesIO()
    Image.new("RGB", (2, 2)).save(file, kind)
    return file.getvalue()


@pytest.mark.spec("R-118", "R-129")
def test_files_are_kept_apart_with_type_and_digest_and_come_back_whole(party, folder):
    sent = [file(PDF, "contract.pdf", "application/pdf"), file(b"\0\1", "läge.bin", None)]

    message = written(party, **SUPPORT, attachments=sent)

    pdf, other = message["attachments"]
    assert (pdf["filename"], pdf["mime_type"], pdf["data"]) == (
        "contract.pdf",
        "application/pdf",
        sent[0]["data"],
    )
    assert (other["filename"], other["mime_type"]) == ("läge.bin", "application/octet-stream")
    row = MessageAttachment.objects.get(filename="contract.pdf")
    assert (pdf["size"], pdf["sha256"]) == (row.size, row.digest) == (len(PDF), row.digest)
    raw = party.get(pdf["uri"])
    assert (raw.status_code, raw.content, raw["Content-Type"]) == (200, PDF, "application/pdf")
    assert raw["Content-Disposition"] == 'attachment; filename="contract.pdf"'
    assert raw["X-Content-Type-Options"] == "nosniff"
    path = Path(row.file.path)
    assert path.is_relative_to(folder / "attachments")
    assert (path.stat().st_mode & 0o777, path.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    assert "contract" not in path.name


@pytest.mark.spec("R-118", "R-128")
@pytest.mark.parametrize(
    "wrong",
    [
        {"filename": "a.png", "mime_type": "image/png", "data": b64encode(b"<html>").decode()},
        {"filename": "a.png", "mime_type": "image/png", "data": b64encode(png("JPEG")).decode()},
        {"filename": "a.png", "mime_type": "image/png", "data": b64encode(png()[:40]).decode()},
        {"filename": "a.svg", "mime_type": "image/svg+xml", "data": b64encode(b"<svg/>").decode()},
        {"filename": "a.pdf", "mime_type": "application/pdf", "data": b64encode(b"%PDF-1.7 none").decode()},
        {"filename": "a", "mime_type": "text/plain", "data": "no base64!"},
        {"filename": "a", "mime_type": "text/plain", "data": "YQ"},
        {"filename": "a", "mime_type": "text/plain", "data": 1},
        {"filename": "a", "mime_type": "text/plain\r\nX: y", "data": "YQ=="},
        {"filename": "a", "mime_type": "text", "data": "YQ=="},
        {"filename": "a", "mime_type": 1, "data": "YQ=="},
        {"filename": "../../etc/passwd", "mime_type": "text/plain", "data": "YQ=="},
        {"filename": "..", "mime_type": "text/plain", "data": "YQ=="},
        {"filename": "a\\b", "mime_type": "text/plain", "data": "YQ=="},
        {"filename": "a\nb", "mime_type": "text/plain", "data": "YQ=="},
        {"filename": "x" * 256, "mime_type": "text/plain", "data": "YQ=="},
        {"filename": "", "mime_type": "text/plain", "data": "YQ=="},
        {"mime_type": "text/plain", "data": "YQ=="},
    ],
)
def test_a_hostile_file_is_refused_and_nothing_is_stored(party, folder, wrong):
    answer = post(party, **SUPPORT, attachments=[file(PDF), wrong])

    assert (answer.status_code, "attachments" in answer.json()["error_description"]) == (400, True)
    assert not MessageAttachment.objects.exists() and not [*folder.rglob("*")]


def test_a_file_name_with_a_character_0_is_refused(party):
    assert post(party, **SUPPORT, attachments=[file(b"a", "a\0.txt")]).status_code == 400


@pytest.mark.spec("R-118")
@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (png(), "image/png"),
        (png("JPEG"), "image/jpeg"),
        (PDF, "application/pdf"),
        (b"a", "application/octet-stream"),
    ],
)
def test_a_file_without_a_type_is_known_by_its_content(party, content, kind):
    message = written(party, **SUPPORT, attachments=[file(content, mime_type=None)])

    assert message["attachments"][0]["mime_type"] == kind


@pytest.mark.spec("R-129")
def test_ten_mebibytes_are_taken_and_a_byte_more_is_413(party):
    half = MOST_BYTES // 2

    taken = post(party, **SUPPORT, attachments=[file(bytes(half), "a"), file(bytes(half), "b")])
    more = post(party, **SUPPORT, attachments=[file(bytes(half), "a"), file(bytes(half + 1), "b")])
    huge = party.send("post", LIST, b'"' + bytes(50_000_000) + b'"')

    assert (taken.status_code, more.status_code, huge.status_code) == (201, 413, 413)
    assert more.json()["error"] == "request_too_large"
    assert MessageAttachment.objects.count() == 2


@pytest.mark.spec("R-120")
def test_a_page_ends_before_its_files_are_too_many(party, monkeypatch):
    monkeypatch.setattr("consent.api.cds.listing.PAGE_BYTES", 1500)
    sent = [written(party, **SUPPORT, attachments=[file(bytes(1000))])["message_id"] for _ in range(3)]

    seen, link = [], LIST
    while link:
        page = party.get(link).json()
        seen += ids(page, "outstanding")
        link = page["outstanding_next"]
        assert len(page["outstanding"]) == 1
    back = party.get(page["outstanding_previous"]).json()

    assert seen == sent[::-1]
    assert ids(back, "outstanding") == [sent[1]]


def test_files_of_no_message_are_deleted_after_a_day(party, folder):
    written(party, **SUPPORT, attachments=[file(b"kept")])
    orphan = folder / "attachments" / "2020" / "01" / "orphan"
    orphan.parent.mkdir(parents=True)
    orphan.write_bytes(b"x")

    assert delete_orphans(at=clock.now()) == 0
    assert delete_orphans(at=clock.now() + timedelta(days=2)) == 1
    assert not orphan.exists()
    assert Path(MessageAttachment.objects.get().file.path).is_file()

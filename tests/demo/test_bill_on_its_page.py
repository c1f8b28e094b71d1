"""What the demo's bill says as a document, its page says too."""

import io
import re
from datetime import date
from zoneinfo import ZoneInfo

import pytest
from django.core.files.base import ContentFile
from django.test import Client as Browser
from lxml import html
from pypdf import PdfReader

from accounts.models import User
from cdsc_portal.lib.time import clock
from datahub.feeds.runs.life_cycle import start_run
from datahub.feeds.runs.run_executor import execute_due_runs
from datahub.models import BillStatement
from demo.utility import files, structure
from tests.factories.feeds import FeedFactory

pytestmark = pytest.mark.django_db
FILLING = {"by", "for"}  # "Amount due by March 24, 2026", "For February 1, 2026 to ..."


@pytest.fixture
def owner(settings, tmp_path) -> Browser:
    """The household of the demo, with its bills."""
    settings.MEDIA_ROOT = tmp_path / "media"
    utility = structure.utility(date(2026, 11, 24), months=2)
    made = files.write(utility, tmp_path, ZoneInfo(settings.TIME_ZONE), seed=1, mix_days=1)
    for file in made:
        if file.kind not in ("hierarchy", "supply_terms", "bills"):
            continue
        content = ContentFile(file.path.read_bytes())
        feed = FeedFactory(kind=file.kind, format=file.format)
        run = start_run(feed=feed, file=content, name=file.path.name, by=None, at=clock.now())
        execute_due_runs(run_id=run.pk)
        run.refresh_from_db()
        assert (run.accepted > 0, run.rejected) == (True, 0)
    browser = Browser()
    browser.force_login(User.objects.get(email=structure.OWNER))
    return browser


def words(text: str) -> set[str]:
    return {word.strip(".,:()").lower() for word in re.split(r"\s+", text)} - {""}


def test_the_page_says_every_word_of_the_document(owner):
    statements = BillStatement.objects.filter(account__account_number="1000-4711")
    assert statements.count() == 3  # of two months, one of them corrected

    for statement in statements:
        path = f"/my/bills/{statement.public_id}/"
        document = PdfReader(io.BytesIO(b"".join(owner.get(f"{path}file/").streaming_content)))
        page = " ".join(html.fromstring(owner.get(path).content.decode()).itertext())

        pdf_words = words(" ".join(page_of_pdf.extract_text() for page_of_pdf in document.pages))
        assert len(pdf_words) > 50
        assert pdf_words - words(page) - FILLING == set()

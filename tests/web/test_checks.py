"""What `check --deploy` refuses beyond what stops a start."""

import pytest
from django.contrib.staticfiles import finders

from cdsc_portal.checks import a_restore_revives_no_consent, files_are_private, pages_have_their_files


def test_a_release_without_its_style_sheets_is_refused(monkeypatch):
    assert pages_have_their_files(None) == []

    monkeypatch.setattr(finders, "find", lambda name: None if name.startswith("css/") else name)

    (refused,) = pages_have_their_files(None)
    assert refused.id == "cdsc.E005"
    assert "css/tokens.css" in refused.msg


@pytest.mark.spec("X-18")
def test_files_of_customers_that_others_may_read_are_refused(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"
    before = files_are_private(None)
    settings.MEDIA_ROOT.mkdir(mode=0o750)

    (refused,) = files_are_private(None)
    settings.MEDIA_ROOT.chmod(0o700)

    assert (before, refused.id, files_are_private(None)) == ([], "cdsc.E006", [])


def test_a_production_without_a_journal_of_consents_is_warned(settings, tmp_path):
    (warned,) = a_restore_revives_no_consent(None)
    settings.CONSENT_JOURNAL = tmp_path

    assert (warned.id, a_restore_revives_no_consent(None)) == ("cdsc.W001", [])

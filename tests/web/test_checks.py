"""What `check --deploy` refuses beyond what stops a start."""

from django.contrib.staticfiles import finders

from cdsc_portal.checks import pages_have_their_files


def test_a_release_without_its_style_sheets_is_refused(monkeypatch):
    assert pages_have_their_files(None) == []

    monkeypatch.setattr(finders, "find", lambda name: None if name.startswith("css/") else name)

    (refused,) = pages_have_their_files(None)
    assert refused.id == "cdsc.E005"
    assert "css/tokens.css" in refused.msg

"""One stylesheet for all pages, and the typeface that the product brings."""

import re

from django.conf import settings

from cdsc_portal.web.stylesheet import FOLDER, PARTS, stylesheet_address
from cdsc_portal.web.templatetags.companies import monogram

FONTS = settings.BASE_DIR / "static" / "fonts"


def test_a_page_asks_for_one_stylesheet_that_browsers_keep_for_a_year(client, db):
    sheets = re.findall(r'<link rel="stylesheet" href="([^"]+)"', client.get("/help/").content.decode())

    answer = client.get(sheets[0])

    assert sheets == [stylesheet_address()]
    assert answer["Content-Type"] == "text/css; charset=utf-8"
    assert "immutable" in answer["Cache-Control"]
    assert all((FOLDER / part).read_text() in answer.content.decode() for part in PARTS)


def test_a_page_of_another_release_is_sent_on_to_the_stylesheet_of_this_one(client):
    assert client.get("/style/0123456789abcdef.css")["Location"] == stylesheet_address()


def test_every_part_of_the_styles_is_shown_by_pages_or_is_staffs():
    assert sorted([*PARTS, "staff.css"]) == sorted(path.name for path in FOLDER.glob("*.css"))


def test_the_typeface_is_small_and_brings_its_licence():
    assert (FONTS / "public-sans.woff2").stat().st_size < 60_000
    assert "SIL OPEN FONT LICENSE Version 1.1" in (FONTS / "OFL.txt").read_text()


def test_a_company_without_a_logo_has_its_letters():
    assert [monogram(name) for name in ("Sunny Roofs (demo)", "volt", "…")] == ["SR", "V", "?"]

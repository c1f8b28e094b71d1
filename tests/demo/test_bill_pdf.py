"""The bills that the demo makes can be read by a screen reader: PDF/UA's tree, language, title and fonts."""

import io
import re
from dataclasses import replace
from datetime import date
from zoneinfo import ZoneInfo

import pytest
from pypdf import PdfReader
from pypdf.generic import ContentStream

from demo.utility import bill_pdf, bills, loads, structure

ZONE = ZoneInfo("America/Los_Angeles")


@pytest.fixture(scope="module")
def made():
    """The corrected bill of the household with three services."""
    utility = structure.utility(date(2026, 11, 24), months=2)
    return bills.bills(utility, loads.columns(utility, ZONE, seed=1), ZONE)[1]


@pytest.fixture(scope="module")
def document(made):
    return PdfReader(io.BytesIO(bill_pdf.pdf(made, issuer="River Valley Power (demo)")))


def elements(node):
    """The structure elements below `node`, in reading order."""
    kids = node.get("/K", [])
    for kid in kids if isinstance(kids, list) else [kids]:
        if not isinstance(kid, int):
            yield kid.get_object()
            yield from elements(kid.get_object())


def tree(document):
    return list(elements(document.trailer["/Root"]["/StructTreeRoot"]))


def marked(document):
    """By page and number: the operators between BDC and EMC; and those outside of any mark."""
    inside, outside = {}, []
    for number, page in enumerate(document.pages):
        place = None
        for operands, operator in ContentStream(page.get_contents(), document).operations:
            if operator == b"BDC":
                place = (number, operands[1]["/MCID"])
            elif operator == b"BMC":
                place = (number, str(operands[0]))
            elif operator == b"EMC":
                place = None
            elif place is None:
                outside.append(operator)
            else:
                inside.setdefault(place, []).append(operator)
    return inside, outside


def test_it_says_that_it_is_tagged_in_which_language_and_what_it_is_called(document, made):
    root = document.trailer["/Root"]

    assert bool(root["/MarkInfo"]["/Marked"])
    assert root["/Lang"] == "en-US"
    assert root["/ViewerPreferences"]["/DisplayDocTitle"] is not None
    assert (
        document.metadata.title
        == f"Bill {made.number} of {made.dated:%B} {made.dated.day}, {made.dated.year}"
    )
    xmp = root["/Metadata"].get_data().decode()
    assert "<pdfuaid:part>1</pdfuaid:part>" in xmp
    assert document.metadata.title in xmp
    assert [page["/Tabs"] for page in document.pages] == ["/S"] * len(document.pages)


def test_everything_drawn_stands_in_the_tree_or_is_an_artifact(document):
    inside, outside = marked(document)
    drawn = {place for place in inside if isinstance(place[1], int)}
    pages = [page.indirect_reference for page in document.pages]
    references = [(pages.index(node.raw_get("/Pg")), node["/K"]) for node in tree(document) if "/Pg" in node]

    assert not {b"Tj", b"TJ", b"S", b"f", b"Do"} & set(outside)
    assert len(references) == len(set(references))
    assert set(references) == drawn
    numbers = document.trailer["/Root"]["/StructTreeRoot"]["/ParentTree"]["/Nums"]
    for number, page in enumerate(document.pages):
        parents = numbers[2 * page["/StructParents"] + 1]
        assert [parent["/K"] for parent in parents] == list(range(len(parents)))
        assert len(parents) == len({place for place in drawn if place[0] == number})


def test_it_reads_from_top_to_bottom_with_one_first_heading(document, made):
    tags = [node["/S"] for node in tree(document)]

    assert tags[0] == "/Document"
    assert tags.count("/H1") == 1
    assert tags.count("/H2") == tags.count("/Table") == len(made.sections) == 3
    assert tags.index("/H1") < tags.index("/H2") < tags.index("/Table")


def test_tables_have_rows_of_equal_length_and_header_cells_that_say_their_direction(document):
    for table in (node for node in tree(document) if node["/S"] == "/Table"):
        rows = [row.get_object() for row in table["/K"]]
        assert {row["/S"] for row in rows} == {"/TR"}
        cells = [[cell.get_object() for cell in row["/K"]] for row in rows]
        assert {len(row) for row in cells} == {4}
        assert [cell["/A"]["/Scope"] for cell in cells[0]] == ["/Column"] * 4
        assert {row[0]["/A"]["/Scope"] for row in cells[1:]} == {"/Row"}
        assert {cell["/S"] for row in cells[1:] for cell in row[1:]} == {"/TD"}


def test_its_fonts_are_embedded_and_give_their_letters(document):
    fonts = [font.get_object() for page in document.pages for font in page["/Resources"]["/Font"].values()]

    assert fonts
    assert all("/ToUnicode" in font for font in fonts)
    assert all("/FontFile2" in font["/FontDescriptor"] for font in fonts)


def test_it_says_all_figures_of_the_bill(document, made):
    text = re.sub(r"\s+", " ", " ".join(page.extract_text() for page in document.pages))

    assert made.replaces
    assert f"This bill takes the place of bill {made.replaces}." in text
    for section in made.sections:
        assert section.contract.number in text
        for line in section.lines:
            assert f"${line.amount:,.2f}" in text
    assert f"${made.amount:,.2f}" in text


def test_the_same_bill_gives_the_same_bytes(made):
    assert bill_pdf.pdf(made, issuer="A") == bill_pdf.pdf(made, issuer="A")


def test_what_does_not_fit_goes_on_the_next_page(made):
    long = replace(made, sections=made.sections * 4)

    document = PdfReader(io.BytesIO(bill_pdf.pdf(long, issuer="A")))

    assert len(document.pages) == 3
    test_everything_drawn_stands_in_the_tree_or_is_an_artifact(document)

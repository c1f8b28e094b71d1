"""Documents that a screen reader can read: every mark on the page is in the structure tree, or is an artifact.

ReportLab draws and embeds its own fonts; it has the objects of a structure tree (ISO 32000-1, 14.7 and 14.8), but
nothing that fills them. This does, for what a bill needs: headings, paragraphs, tables with header cells.
"""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from xml.sax.saxutils import escape

from reportlab.lib.pagesizes import A4
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.pdfdoc import XMP, PDFArray, PDFDictionary, PDFName
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

PLAIN, BOLD = "Vera", "VeraBd"  # free fonts that ReportLab brings, so that they can be embedded
MARGIN = 56  # points
_XMP = """<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:pdfuaid="http://www.aiim.org/pdfua/ns/id/">
<dc:title><rdf:Alt><rdf:li xml:lang="x-default">{title}</rdf:li></rdf:Alt></dc:title>
<pdfuaid:part>1</pdfuaid:part>
</rdf:Description></rdf:RDF></x:xmpmeta>
<?xpacket end="r"?>"""


@dataclass(slots=True)
class _Element:
    """A node of the structure tree: `marks` are page and number of what is drawn for it."""

    tag: str
    scope: str = ""  # of a header cell: Row or Column
    kids: list["_Element"] = field(default_factory=list)
    marks: list[tuple[int, int]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of a table's row, at `x` points from the left; `scope` makes it a header cell."""

    words: str
    x: float
    scope: str = ""
    right: bool = False  # `x` is where it ends
    bold: bool = False


class TaggedPdf:
    """One document, written from top to bottom; the same calls give the same bytes."""

    def __init__(self, *, title: str, author: str, language: str) -> None:
        for font in (PLAIN, BOLD):
            pdfmetrics.registerFont(TTFont(font, f"{font}.ttf"))
        self._title = title
        self._buffer = io.BytesIO()
        self._canvas = Canvas(
            self._buffer, pagesize=A4, invariant=1, lang=language, pageCompression=1,
            initialFontName=PLAIN, pdfVersion=(1, 7),
        )  # fmt: skip
        self._canvas.setTitle(title)
        self._canvas.setAuthor(author)
        self._canvas.setViewerPreference("DisplayDocTitle", "true")
        self.width, self._height = A4
        self._root = _Element("Document")
        self._open = [self._root]
        self._by_page: list[list[_Element]] = [[]]
        self._y = self._height - MARGIN

    @contextmanager
    def element(self, tag: str) -> Iterator[None]:
        """What is written inside becomes its children."""
        made = _Element(tag)
        self._open[-1].kids.append(made)
        self._open.append(made)
        yield
        self._open.pop()

    def line(
        self, words: str, *, tag: str = "P", size: float = 10, bold: bool = False, x: float = MARGIN
    ) -> None:
        """One line of text, an element of its own."""
        self._down(size * 1.6)
        self._mark(_Element(tag), Cell(words, x, bold=bold), size)

    def row(self, *cells: Cell, size: float = 9) -> None:
        """One row of the table that is open; empty cells stand in the tree too."""
        self._down(size * 1.9)
        with self.element("TR"):
            for cell in cells:
                self._mark(_Element("TH" if cell.scope else "TD", cell.scope), cell, size)

    def rule(self) -> None:
        """A line across, which says nothing."""
        self._down(5)
        self._canvas.addLiteral("/Artifact BMC")
        self._canvas.setLineWidth(0.5)
        self._canvas.line(MARGIN, self._y, self.width - MARGIN, self._y)
        self._canvas.addLiteral("EMC")

    def space(self, points: float) -> None:
        self._y -= points

    def content(self) -> bytes:
        """The finished document."""
        self._canvas.showPage()
        document = self._canvas._doc
        pages = document.Pages.pages
        nodes: dict[int, PDFDictionary] = {}
        root = PDFDictionary({"Type": PDFName("StructTreeRoot"), "ParentTreeNextKey": len(pages)})
        reference = document.Reference(root)
        root["K"] = PDFArray([self._node(self._root, reference, nodes)])
        numbers: list[object] = []
        for number, (page, marks) in enumerate(zip(pages, self._by_page, strict=True)):
            page.__NoDefault__ = [*page.__NoDefault__, "StructParents", "Tabs"]
            page.StructParents, page.Tabs = number, PDFName("S")
            numbers += [number, PDFArray([document.Reference(nodes[id(element)]) for element in marks])]
        root["ParentTree"] = document.Reference(PDFDictionary({"Nums": PDFArray(numbers)}))
        document.Catalog.StructTreeRoot = root
        document.Catalog.MarkInfo = PDFDictionary({"Marked": "true"})
        document.Catalog.Metadata = XMP(creator=lambda _doc: _XMP.format(title=escape(self._title)).encode())
        self._canvas.save()
        return self._buffer.getvalue()

    def _down(self, points: float) -> None:
        if self._y - points < MARGIN:
            self._canvas.showPage()
            self._by_page.append([])
            self._y = self._height - MARGIN
        self._y -= points

    def _mark(self, element: _Element, cell: Cell, size: float) -> None:
        self._open[-1].kids.append(element)
        if not cell.words:
            return
        marks = self._by_page[-1]
        element.marks.append((len(self._by_page) - 1, len(marks)))
        self._canvas.addLiteral(f"/{element.tag} <</MCID {len(marks)}>> BDC")
        marks.append(element)
        self._canvas.setFont(BOLD if cell.bold else PLAIN, size)
        draw = self._canvas.drawRightString if cell.right else self._canvas.drawString
        draw(cell.x, self._y, cell.words)
        self._canvas.addLiteral("EMC")

    def _node(self, element: _Element, parent: object, made: dict[int, PDFDictionary]) -> object:
        document = self._canvas._doc
        node = PDFDictionary({"Type": PDFName("StructElem"), "S": PDFName(element.tag), "P": parent})
        made[id(element)] = node
        reference = document.Reference(node)
        if element.scope:
            node["A"] = PDFDictionary({"O": PDFName("Table"), "Scope": PDFName(element.scope)})
        if element.marks:
            ((page, number),) = element.marks
            node["Pg"] = document.Reference(document.Pages.pages[page])
            node["K"] = number
        elif element.kids:
            node["K"] = PDFArray([self._node(kid, reference, made) for kid in element.kids])
        return reference

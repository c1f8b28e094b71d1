"""Tables whose headings are said once: they stand above the columns, and on each cell where a phone shows cards.

    {% table "table bills-table" %}
      {% headings %}{% heading _("Due") %}{% heading _("Amount") "table__number" %}{% endheadings %}
      <tbody>
        {% for bill in bills %}
          {% row %}
            {% cell %}{{ bill.due }}{% endcell %}
            {% cell %}{{ bill.amount }}{% endcell %}
          {% endrow %}
        {% endfor %}
      </tbody>
    {% endtable %}

`{% amount_rows rows %}` writes rows of amounts at once. A cell takes the class and the label of its column, in order;
an empty cell has no label. `{% row_heading %}` is the cell that names its row; `labelled=True` gives it the
label of its column too. With `labels=False` no cell of the table has a label. `{% sort_heading label url order
%}` heads a column by which the reader can sort. Roles are written out, since browsers forget them where styles
show rows as cards.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from html import escape
from typing import Protocol

from django import template
from django.template import Context, Node, NodeList
from django.template.base import FilterExpression, Parser, Token, token_kwargs
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

register = template.Library()


class AmountCell(Protocol):
    """An amount in words, exact where there is one, with notes."""

    @property
    def value(self) -> str: ...
    @property
    def exact(self) -> str: ...
    @property
    def notes(self) -> tuple[str, ...]: ...


class AmountRow(Protocol):
    """What a row is of, with notes and what it opens into ("" for nothing), and its cells."""

    @property
    def label(self) -> str: ...
    @property
    def url(self) -> str: ...
    @property
    def notes(self) -> tuple[str, ...]: ...
    @property
    def cells(self) -> Sequence[AmountCell]: ...


_TABLE = "_table"  # where the table stands in the context; no template can name it
_ARROWS = {"ascending": "▲", "descending": "▼"}


@dataclass(slots=True)
class _Table:
    """Attributes of each column's cells, without and with the label, and the column that comes next."""

    labels: bool
    columns: list[tuple[SafeString, SafeString]] = field(default_factory=list)
    next: int = 0

    def attributes(self, *, labelled: bool) -> SafeString:
        """Of the next cell. Raises IndexError in a row of more cells than there are headings."""
        plain, with_label = self.columns[self.next]
        self.next += 1
        return with_label if labelled and self.labels else plain


class _TableNode(Node):
    child_nodelists = ("content",)

    def __init__(
        self, content: NodeList, css: FilterExpression, options: dict[str, FilterExpression]
    ) -> None:
        self.content, self.css, self.options = content, css, options

    def render(self, context: Context) -> SafeString:
        options = {name: value.resolve(context) for name, value in self.options.items()}
        name = options.get("id")
        with context.push(**{_TABLE: _Table(labels=options.get("labels", True))}):
            content = self.content.render(context)
        return format_html(
            '<table class="{}"{} role="table">{}</table>',
            self.css.resolve(context),
            format_html(' id="{}"', name) if name else "",
            content,
        )


@register.tag
def table(parser: Parser, token: Token) -> _TableNode:
    """`{% table "classes" id="its id" labels=False %}`; the last two may be left out."""
    bits = token.split_contents()[1:]
    content = _until(parser, "endtable")
    css = parser.compile_filter(bits.pop(0))
    return _TableNode(content, css, token_kwargs(bits, parser))


@register.simple_block_tag
def headings(content: SafeString, css: str = "") -> SafeString:
    """The row of headings."""
    return format_html('<thead{}><tr role="row">{}</tr></thead>', _class(css), content)


@register.simple_tag(takes_context=True)
def heading(context: Context, label: str | Promise, css: str = "") -> SafeString:
    """One column: its label and the class of all its cells."""
    return format_html(
        '<th{} role="columnheader" scope="col">{}</th>', _add_column(context, label, css), label
    )


@register.simple_tag(takes_context=True)
def sort_heading(context: Context, label: str | Promise, url: str, order: str, css: str = "") -> SafeString:
    """One column, with the address that sorts by it; `order` is as ARIA has it: ascending, descending or none."""
    mark = format_html(' <span aria-hidden="true">{}</span>', _ARROWS[order]) if order in _ARROWS else ""
    return format_html(
        '<th{} role="columnheader" scope="col" aria-sort="{}"><a href="{}">{}{}</a></th>',
        _add_column(context, label, css), order, url, label, mark,
    )  # fmt: skip


class _RowNode(Node):
    child_nodelists = ("content",)

    def __init__(self, content: NodeList) -> None:
        self.content = content

    def render(self, context: Context) -> SafeString:
        context[_TABLE].next = 0  # begins at the first column again
        return _safe(f'<tr role="row">{self.content.render(context)}</tr>')


class _CellNode(Node):
    """A table has hundreds: plain nodes, without the arguments that block tags resolve anew for each."""

    child_nodelists = ("content",)

    def __init__(self, opening: str, closing: str, content: NodeList, *, labelled: bool | None) -> None:
        self.opening, self.closing, self.content, self.labelled = opening, closing, content, labelled

    def render(self, context: Context) -> SafeString:
        content = self.content.render(context).strip()
        labelled = bool(content) if self.labelled is None else self.labelled
        attributes = context[_TABLE].attributes(labelled=labelled)
        return _safe(f"{self.opening}{attributes}>{content}{self.closing}")


@register.simple_tag(takes_context=True)
def amount_rows(context: Context, rows: Iterable[AmountRow]) -> SafeString:
    """Rows of amounts: a page has hundreds of cells, and a node for each of their parts takes most of its time."""
    columns = context[_TABLE]
    lines = []
    for row in rows:
        columns.next = 0
        label: str = _escaped(row.label)
        if row.url:
            label = f'<a href="{_escaped(row.url)}">{label}</a>'
        head = f"<span>{label}{_notes(row.notes)}</span>"
        cells = [f'<th role="rowheader" scope="row"{columns.attributes(labelled=False)}>{head}</th>']
        for cell in row.cells:
            value: str = _escaped(cell.value)
            if cell.exact:
                value = f'<data value="{_escaped(cell.exact)}">{value}</data>'
            content = f"<span>{value}{_notes(cell.notes)}</span>" if cell.value or cell.notes else ""
            cells.append(f'<td role="cell"{columns.attributes(labelled=bool(content))}>{content}</td>')
        lines.append(f'<tr role="row">{"".join(cells)}</tr>')
    return _safe("\n".join(lines))


def _notes(notes: Iterable[str]) -> str:
    return "".join(f' <span class="chart-note">{_escaped(note)}</span>' for note in notes)


def _escaped(text: str) -> str:
    """As `conditional_escape`, which looks for lazy texts among its arguments each time: tables have a thousand."""
    text = str(text)  # what is safe stays safe
    return text if isinstance(text, SafeString) else escape(text)


@register.tag
def row(parser: Parser, _token: Token) -> _RowNode:
    """A row: the next one begins at the first column again."""
    return _RowNode(_until(parser, "endrow"))


@register.tag
def cell(parser: Parser, _token: Token) -> _CellNode:
    """The cell of the next column."""
    return _CellNode('<td role="cell"', "</td>", _until(parser, "endcell"), labelled=None)


@register.tag
def row_heading(parser: Parser, token: Token) -> _CellNode:
    """The cell that names its row, in the next column; `labelled=True` gives it the label of its column too."""
    options = token_kwargs(token.split_contents()[1:], parser)
    labelled = bool(options["labelled"].resolve(Context())) if options else False
    opening = '<th role="rowheader" scope="row"'
    return _CellNode(opening, "</th>", _until(parser, "endrow_heading"), labelled=labelled)


def _add_column(context: Context, label: str | Promise, css: str) -> SafeString:
    """What its heading and each of its cells have."""
    attributes = _class(css)
    context[_TABLE].columns.append((attributes, format_html('{} data-label="{}"', attributes, label)))
    return attributes


def _until(parser: Parser, end: str) -> NodeList:
    content = parser.parse((end,))
    parser.delete_first_token()
    return content


def _safe(rendered: str) -> SafeString:
    """Of parts that each have been rendered."""
    return mark_safe(rendered)  # noqa: S308


def _class(css: str) -> SafeString:
    return format_html(' class="{}"', css) if css else SafeString("")

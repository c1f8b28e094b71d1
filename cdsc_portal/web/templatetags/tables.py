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

A cell takes the class and the label of its column, in order; an empty cell has no label. `{% row_heading %}` is the
cell that names its row; `labelled=True` gives it the label of its column too. With `labels=False` no cell of the table
has a label. Roles are written out, since browsers forget them where styles show rows as cards.
"""

from dataclasses import dataclass, field

from django import template
from django.template import Context, Node, NodeList
from django.template.base import FilterExpression, Parser, Token, token_kwargs
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

register = template.Library()
_TABLE = "_table"  # where the table stands in the context; no template can name it


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
    content = parser.parse(("endtable",))
    parser.delete_first_token()
    css = parser.compile_filter(bits.pop(0))
    return _TableNode(content, css, token_kwargs(bits, parser))


@register.simple_block_tag
def headings(content: SafeString, css: str = "") -> SafeString:
    """The row of headings."""
    return format_html('<thead{}><tr role="row">{}</tr></thead>', _class(css), content)


@register.simple_tag(takes_context=True)
def heading(context: Context, label: str | Promise, css: str = "") -> SafeString:
    """One column: its label and the class of all its cells."""
    attributes = _class(css)
    context[_TABLE].columns.append((attributes, format_html('{} data-label="{}"', attributes, label)))
    return format_html('<th{} role="columnheader" scope="col">{}</th>', attributes, label)


@register.simple_block_tag(takes_context=True)
def row(context: Context, content: SafeString) -> SafeString:
    """A row: the next one begins at the first column again."""
    context[_TABLE].next = 0
    return format_html('<tr role="row">{}</tr>', content)


@register.simple_block_tag(takes_context=True)
def cell(context: Context, content: SafeString) -> SafeString:
    """The cell of the next column."""
    content = mark_safe(content.strip())  # noqa: S308 - a block's content has been rendered
    attributes = context[_TABLE].attributes(labelled=bool(content))
    return format_html('<td role="cell"{}>{}</td>', attributes, content)


@register.simple_block_tag(takes_context=True)
def row_heading(context: Context, content: SafeString, *, labelled: bool = False) -> SafeString:
    """The cell that names its row, in the next column."""
    attributes = context[_TABLE].attributes(labelled=labelled)
    return format_html('<th role="rowheader" scope="row"{}>{}</th>', attributes, mark_safe(content.strip()))  # noqa: S308


def _class(css: str) -> SafeString:
    return format_html(' class="{}"', css) if css else SafeString("")

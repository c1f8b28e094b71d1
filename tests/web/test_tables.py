"""The one component of all tables: a heading is said once and stands above its column and on its cells."""

import re

import pytest
from django.conf import settings
from django.template import Context, Template
from django.utils.translation import override
from lxml import html

TABLE = """{% load tables %}
{% table "table bills" id="bills" %}
  {% headings %}{% heading _("Due") %}{% heading kind %}{% heading "Amount" "table__number" %}{% endheadings %}
  <tbody>{% for due, note, amount in rows %}{% row %}
    {% row_heading %}{{ due }}{% endrow_heading %}
    {% cell %}{{ note }}{% endcell %}
    {% cell %}{{ amount }}{% endcell %}
  {% endrow %}{% endfor %}</tbody>
{% endtable %}"""


def rendered(text=TABLE, **values):
    return html.fromstring(Template(text).render(Context({"kind": 'a "kind" <b>', **values})))


def test_each_cell_has_the_label_and_the_class_of_its_column():
    table = rendered(rows=[("May 1", "paid", "$5"), ("June 1", "open", "$6")])

    assert (table.get("class"), table.get("id")) == ("table bills", "bills")
    assert [th.text for th in table.xpath("//thead//th")] == ["Due", 'a "kind" <b>', "Amount"]
    for row in table.xpath("//tbody/tr"):
        assert [cell.get("data-label") for cell in row] == [None, 'a "kind" <b>', "Amount"]
        assert [cell.get("class") for cell in row] == [None, None, "table__number"]
    assert table.xpath("//thead//th[3]/@class") == ["table__number"]


def test_what_a_cell_holds_is_escaped_once_and_an_empty_one_has_no_label():
    table = rendered(rows=[("<i>", "", "a & b")])

    assert table.xpath("//tbody//th/text()") == ["<i>"]
    assert [cell.text for cell in table.xpath("//tbody//td")] == [None, "a & b"]
    assert table.xpath("//tbody//td/@data-label") == ["Amount"]


def test_a_heading_is_said_in_the_readers_language():
    with override("es"):
        table = rendered(rows=[("May 1", "paid", "$5")])

    assert table.xpath("//thead//th[1]/text()") == ["Pagar hasta"]


@pytest.mark.parametrize(("order", "arrow"), [("none", ""), ("ascending", "▲"), ("descending", "▼")])
def test_a_heading_by_which_one_sorts_leads_on_and_says_its_order(order, arrow):
    table = rendered(
        TABLE.replace("{% heading kind %}", "{% sort_heading kind url order %}"),
        rows=[("May 1", "paid", "$5")],
        url="?sort=kind&month=2026-10",
        order=order,
    )

    heading = table.xpath("//thead//th")[1]
    assert heading.get("aria-sort") == order
    assert heading.xpath("a/@href") == ["?sort=kind&month=2026-10"]
    assert " ".join(heading.text_content().split()) == f'a "kind" <b> {arrow}'.strip()
    assert table.xpath("//tbody//td[1]/@data-label") == ['a "kind" <b>']


def test_browsers_that_forget_a_table_shown_as_cards_read_its_roles():
    table = rendered(rows=[("May 1", "paid", "$5")])

    assert table.get("role") == "table"
    assert table.xpath("//tr/@role") == ["row", "row"]
    assert table.xpath("//th/@role") == ["columnheader"] * 3 + ["rowheader"]
    assert table.xpath("//td/@role") == ["cell"] * 2


def test_labels_can_be_left_out_and_a_row_can_have_its_own():
    plain = rendered(TABLE.replace('id="bills"', "labels=False"), rows=[("May 1", "paid", "$5")])
    row = rendered(
        TABLE.replace("{% row_heading %}", "{% row_heading labelled=True %}"), rows=[("1", "2", "3")]
    )

    assert not plain.xpath("//@data-label")
    assert row.xpath("//tbody//th/@data-label") == ["Due"]


@pytest.mark.parametrize("folder", ["accounts", "admin", "consent", "datahub", "web"])
def test_no_template_writes_a_table_by_hand(folder):
    templates = settings.BASE_DIR / "templates" / folder

    for path in templates.rglob("*.html"):
        assert not re.search(r"<table|<td[^>]*data-label", path.read_text()), path

"""The page of a service's usage, as its reader gets it."""

from datetime import UTC, datetime, timedelta

from lxml import html

URL = "/my/usage/"
MIDNIGHT = datetime(2026, 3, 1, 8, tzinfo=UTC)
DAY = timedelta(days=1)


def page(owner, **query):
    answer = owner.get(URL, query)
    assert answer.status_code == 200
    return html.fromstring(answer.content.decode())


def rows(tree):
    """By label: the exact amounts of the row's cells, and its words."""
    by_label = {}
    for row in tree.xpath("//tbody/tr"):
        label = row.xpath("string(.//th//a)") or row.xpath("string(.//th/span/text()[1])")
        words = " ".join(" ".join(row.itertext()).split())
        by_label[label.strip()] = ([cell.get("value") for cell in row.iter("data")], words)
    return by_label


def headings(tree):
    return tree.xpath("//thead//th/text()")

"""The pages of a company's people, as they are read."""

from lxml import html

URL = "/developer/"


def words(answer) -> str:
    assert answer.status_code == 200
    return " ".join(html.fromstring(answer.content.decode()).text_content().split())

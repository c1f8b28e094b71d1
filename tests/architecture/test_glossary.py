"""`docs/glossary.md`: what it names exists, and nothing that is stored is without a word."""

import re
from importlib import import_module
from importlib.util import find_spec

import pytest
from django.apps import apps

from tools.files import ROOT

OURS = ("accounts", "consent", "datahub")


def rows() -> list[list[str]]:
    """The cells of each line of the page's tables, headings left out."""
    page = (ROOT / "docs/glossary.md").read_text(encoding="utf-8")
    lines = [line.strip("|").split("|") for line in page.splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in cells] for cells in lines if cells[0].strip() != "term"]


def places() -> list[str]:
    return sorted({name for cells in rows() for name in re.findall(r"`([^`]+)`", cells[3])})


def test_each_term_has_one_sentence_a_word_of_the_field_and_a_place():
    assert all(len(cells) == 4 and all(cells) for cells in rows())
    terms = [cells[0] for cells in rows()]
    assert len(terms) == len(set(terms))


@pytest.mark.parametrize("name", places())
def test_each_place_exists(name):
    if "/" in name:
        assert (ROOT / name).exists()
        return
    module, _, attribute = name.rpartition(".")
    if attribute[0].isupper():
        assert hasattr(import_module(module), attribute)
    else:
        assert find_spec(name) is not None


def test_each_table_has_a_term():
    named = {place.rpartition(".")[2] for place in places() if ".models." in place}

    tables = {model.__name__ for app in OURS for model in apps.get_app_config(app).get_models()}
    assert tables - named == set()

"""The founding scopes: under the minutes' names, in plain words."""

import re

import pytest
from django.utils import translation

from consent.scopes.catalogue import SCOPES, offered_scopes, scope_named
from tools.files import ROOT, project_files

MINUTES = (
    "customer_distribution_details",
    "customer_supply_details",
    "customer_supply_history",
    "generation_mix",
    "generation_breakdown",
    "consumption_breakdown",
    "residual_mix",
    "usage_data",
    "bill_data",
    "bill_statements",
)
NEVER_SHOWN = re.compile(r"\b(scope|grant|token|client|interval data|register)\b", re.IGNORECASE)


def words_of(scope):
    pairs = [words for pair in scope.includes for words in pair]
    return [
        str(words) for words in (scope.title, scope.sentence, scope.excludes, scope.hint, *pairs) if words
    ]


def test_the_catalogue_holds_the_scopes_of_the_minutes_and_each_that_a_file_declares_and_no_others():
    files = {path.stem for path in (ROOT / "consent/scopes").glob("*.py")}

    assert set(MINUTES) <= set(SCOPES) == files - {"__init__", "base", "catalogue", "fields", "offer_types"}


@pytest.mark.parametrize("name", MINUTES)
def test_a_type_is_known_with_and_without_its_prefix(name):
    bare = name.removeprefix("customer_")

    assert scope_named(bare) is scope_named(f"customer_{bare}") is SCOPES[name]


@pytest.mark.parametrize("name", ["", "customer_", "USAGE_DATA", "usage", "customer_customer_usage_data"])
def test_other_names_are_no_scopes(name):
    assert scope_named(name) is None


def test_the_mix_opens_its_three_series_and_each_series_only_itself():
    series = ("generation_breakdown", "consumption_breakdown", "residual_mix")

    assert set(SCOPES["generation_mix"].opens) == {"generation_mix", *series}
    assert [SCOPES[name].opens for name in series] == [(name,) for name in series]


def test_a_utility_that_only_distributes_offers_no_supply_scopes():
    withheld = set(SCOPES) - {scope.id for scope in offered_scopes("distribution")}

    assert withheld == {"customer_supply_details", "customer_supply_history"}
    assert len(offered_scopes("full")) == len(SCOPES)


@pytest.mark.parametrize("name", SCOPES)
def test_every_scope_says_what_it_is_in_words_customers_know(name):
    scope = SCOPES[name]

    assert scope.title and scope.sentence and scope.excludes and scope.includes
    assert all(words and example for words, example in scope.includes)
    assert not [words for words in words_of(scope) if NEVER_SHOWN.search(words)]


@pytest.mark.parametrize("name", SCOPES)
def test_a_card_can_be_read_in_grade_8(name):
    scope = SCOPES[name]
    sentences = [str(scope.title), str(scope.sentence), str(scope.excludes), str(scope.hint)]
    words = re.findall(r"[A-Za-z']+", " ".join(sentences))
    syllables = sum(max(1, len(re.findall(r"[aeiouy]+", word.lower().removesuffix("e")))) for word in words)

    grade = 0.39 * len(words) / sum(map(bool, sentences)) + 11.8 * syllables / len(words) - 15.59

    assert grade <= 8


@pytest.mark.parametrize("language", ["en", "es"])
def test_no_test_quotes_a_title_or_a_sentence_so_that_a_new_one_changes_none(language):
    with translation.override(language):
        texts = [
            str(words)
            for scope in SCOPES.values()
            for words in (scope.title, scope.sentence, scope.excludes, scope.hint)
            if words
        ]
    quoted = [
        f"{path.relative_to(ROOT)}: {text}"
        for path in project_files("tests/*.py")
        for content in [path.read_text()]
        for text in texts
        if text in content
    ]

    assert not quoted, "read these from the declaration of the scope:\n" + "\n".join(quoted)

"""`make check` fails on a name that the project gave up."""

import pytest

from tools.forbidden_names import main, problems, retired_names, untelling, untelling_exceptions

NAMES = retired_names(
    """
    [[name]]
    name = "told"
    replacement = "reported"

    [[name]]
    name = "objects"
    replacement = "serialize"
    defined = true
    allowed = ["accounts/*"]
    """
)


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("datahub/a.py", "told = 1"),
        ("datahub/a.py", "row.told()"),
        ("datahub/a.py", "call(told=1)"),
        ("datahub/a.py", "from datahub.told import row"),
        ("datahub/told.py", ""),
        ("datahub/told/a.py", ""),
        ("datahub/a.py", "def objects(self): ..."),
        ("templates/a.html", "{{ row.told }}"),
        ("templates/a.html", "{% if not told %}{% endif %}"),
        ("templates/a.html", "{% for one in row.told|slice:'2' %}{% endfor %}"),
        ("docs/a.md", "see `told()`"),
    ],
)
def test_a_retired_name_is_found(path, text):
    (problem,) = problems(path, text, NAMES)

    assert problem.startswith(path)
    assert "is retired" in problem


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("datahub/a.py", "'told'  # told"),
        ("datahub/a.py", "told_by = 1"),
        ("datahub/a.py", "Row.objects.all()"),
        ("accounts/a.py", "def objects(self): ..."),
        ("templates/a.html", "<p>told</p>{% trans 'told' %}"),
        ("docs/a.md", "what was told"),
    ],
)
def test_text_and_what_a_library_calls_so_are_left_alone(path, text):
    assert list(problems(path, text, NAMES)) == []


def test_a_name_stands_in_the_list_once():
    with pytest.raises(ValueError, match="twice"):
        retired_names('[[name]]\nname = "a"\nreplacement = "b"\n' * 2)


def test_the_project_uses_none():
    assert main() == 0


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("told = 1", "told"),
        ("row.asked = 1", "asked"),
        ("def _said(): ...", "_said"),
        ("def rows(one): ...", "one"),
        ("class FoundAsked: ...", "FoundAsked"),
        ("_ASKED = 1", "_ASKED"),
        ("found_rows = 1", "found_rows"),
        ("for in_this_lane in rows: ...", "in_this_lane"),
        ("import rows as found", "found"),
    ],
)
def test_a_word_that_says_nothing_is_no_name(text, name):
    (problem,) = untelling("datahub/a.py", text, {})

    assert f" {name}: " in problem


@pytest.mark.parametrize(
    "text",
    [
        "def not_found(): ...",
        "one_line = 1",
        "founding = everyone = planes = 1",
        "def test_a_token_told_by_one_is_found(): ...",
        "row.told()",
        "'told'",
    ],
)
def test_other_words_tests_and_what_is_only_used_are_left_alone(text):
    assert list(untelling("tests/a.py", text, {})) == []


def test_a_name_with_a_reason_may_stand_where_it_is_listed():
    exceptions = untelling_exceptions(
        '[[untelling]]\nname = "asked"\nallowed = ["consent/oauth/*"]\nreason = "the library calls it so"\n'
    )

    assert list(untelling("consent/oauth/a.py", "asked = 1", exceptions)) == []
    assert list(untelling("consent/api/a.py", "asked = 1", exceptions)) != []

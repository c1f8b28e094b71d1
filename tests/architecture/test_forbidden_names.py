"""`make check` fails on a name that the project gave up."""

import pytest

from tools.files import project_files
from tools.forbidden_names import LIST, problems, retired_names, scanned

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
    names = retired_names(LIST.read_text(encoding="utf-8"))

    lines = [problem for path, text in scanned(project_files()) for problem in problems(path, text, names)]

    assert names
    assert lines == []

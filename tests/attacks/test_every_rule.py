"""Each of the twenty rules has a file of attacks here, and each test in it names its rule."""

import re
from pathlib import Path

import pytest

HERE = Path(__file__).parent


@pytest.mark.parametrize("number", range(1, 21))
def test_each_rule_has_attacks_that_name_it(number):
    files = sorted(HERE.glob(f"test_x{number:02}_*.py"))

    assert files
    for file in files:
        text = file.read_text(encoding="utf-8")
        assert set(re.findall(r'"(X-\d\d)"', text)) == {f"X-{number:02}"}
        assert re.search(r"^pytestmark = .*pytest\.mark\.spec\(", text, re.MULTILINE)
        assert "\ndef test_" in text


def test_nothing_here_belongs_to_no_rule():
    rules = re.compile(r"test_x(0[1-9]|1\d|20)_\w+\.py")

    assert [f.name for f in HERE.glob("test_*.py") if not rules.fullmatch(f.name)] == ["test_every_rule.py"]

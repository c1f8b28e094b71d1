"""The report of requirements reads marks and the last run, and the page made from it is up to date."""

import pytest

from tools import spec_report
from tools.spec_report import Requirement, marked_tests, outcome, requirements

REQUIREMENT = Requirement("M-01", "It is there.", "", "")


def test_the_page_of_conformance_is_up_to_date():
    assert spec_report.PAGE.read_text() == spec_report.page(), "make spec-report"


def test_marks_of_modules_classes_tests_and_parameters_count(monkeypatch, tmp_path):
    (tmp_path / "test_some.py").write_text(
        """
import pytest
pytestmark = [pytest.mark.django_db, pytest.mark.spec("M-01")]
@pytest.mark.spec("M-02", "R-86:logo_uri")
class TestGroup:
    @pytest.mark.parametrize("x", [pytest.param(1, marks=pytest.mark.spec("R-43.2"))])
    def test_inner(self, x): ...
    def helper(self): ...
def test_outer(): ...
"""
    )
    monkeypatch.setattr(spec_report, "ROOT", tmp_path)
    monkeypatch.setattr(spec_report, "project_files", lambda pattern: [tmp_path / "test_some.py"])

    inner, outer = "test_some.py::TestGroup::test_inner", "test_some.py::test_outer"

    assert marked_tests() == {"M-01": [inner, outer], "M-02": [inner], "R-86": [inner], "R-43": [inner]}


@pytest.mark.parametrize(
    ("requirement", "tests", "outcomes", "state"),
    [
        (REQUIREMENT, ["a"], {"a": "passed"}, "proven by a"),
        (REQUIREMENT, ["a", "b"], {"a": "passed", "b": "passed"}, "proven by a and 1 more"),
        (REQUIREMENT, ["a", "b"], {"a": "passed", "b": "failed"}, "open: b failed"),
        (REQUIREMENT, ["a"], {}, "open: a did not run"),
        (REQUIREMENT, [], {}, "open: no test proves it"),
        (Requirement("M-02", "", "", "not built"), [], {}, "open: not built"),
    ],
)
def test_an_id_is_proven_by_tests_that_passed_in_the_last_run(requirement, tests, outcomes, state):
    assert outcome(requirement, tests, outcomes) == state


def test_every_requirement_is_in_the_report():
    lines = list(spec_report.report())

    ids = [each.id for listed in requirements().values() for each in listed]
    assert [line.split()[0] for line in lines[: len(ids)]] == ids
    assert len(lines) == len(ids) + 2

"""What became of each test that carries a requirement's mark: pytest's cache keeps it for `make spec-report`.

A run of a few tests replaces what is known of those alone. Of a test with parameters the worst outcome counts.
"""

import pytest

KEY = "spec/last_run"
_WORST_FIRST = ("failed", "skipped", "passed")
_outcomes: dict[str, str] = {}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.get_closest_marker("spec"):
            item.user_properties.append(("spec", True))


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Called for set-up, test and tear-down; with workers, in the process that started them."""
    if ("spec", True) not in map(tuple, report.user_properties) or (report.when != "call" and report.passed):
        return
    test = report.nodeid.partition("[")[0]
    _outcomes[test] = min(_outcomes.get(test, report.outcome), report.outcome, key=_WORST_FIRST.index)


def pytest_sessionfinish(session: pytest.Session) -> None:
    if _outcomes and not hasattr(session.config, "workerinput"):
        cache = session.config.cache
        cache.set(KEY, {**cache.get(KEY, {}), **_outcomes})

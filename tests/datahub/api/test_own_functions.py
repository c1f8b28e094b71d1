"""A call runs few functions of ours, in few modules: who reads along has them in mind."""

from datetime import date

import pytest
from django.test import Client as Browser

from tests.factories.feeds import load_days
from tests.support.own_functions import own_functions

DATES = {"start": "2026-03-01", "end": "2026-03-31"}


@pytest.mark.parametrize(
    ("query", "coding", "most", "most_modules"),
    [({}, "", 64, 32), (DATES, "", 66, 33), ({}, "gzip", 66, 32)],
    ids=["all", "a window", "compressed"],
)
def test_a_call_of_usage_runs_few_functions_in_few_modules(reader, home, query, coding, most, most_modules):
    load_days(home.meter, date(2026, 3, 2), 3)
    reader.granted(home.contract)
    # with its middleware, as a server that is warm
    browser = Browser(headers={**reader.bearer, "Accept-Encoding": coding})
    for _ in range(2):
        answer = browser.get("/usage_data", query)
        assert answer.status_code == 200

    functions = own_functions(lambda: browser.get("/usage_data", query))

    assert ("Content-Encoding" in answer) == bool(coding)
    assert len(functions) <= most, "\n".join(sorted(map(": ".join, functions)))
    assert len({file for file, _function in functions}) <= most_modules

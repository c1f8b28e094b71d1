"""A call runs few functions of ours, in few modules: who reads along has them in mind."""

from datetime import date

import pytest
from django.test import Client as Browser

from tests.factories.feeds import load_days
from tests.support.own_functions import own_functions

FEW, MANY = 14_400, 900  # the length of a reading: few make no answer that is worth compressing
DATES = {"start": "2026-03-01", "end": "2026-03-31"}


@pytest.mark.parametrize(
    ("step", "query", "most", "most_modules"),
    [(FEW, {}, 72, 36), (FEW, DATES, 74, 37), (MANY, {}, 76, 37)],
    ids=["short", "a window", "compressed"],
)
def test_a_call_of_usage_runs_few_functions_in_few_modules(reader, home, step, query, most, most_modules):
    load_days(home.meter, date(2026, 3, 2), 2, step=step)
    reader.granted(home.contract)
    # with its middleware, as a server that is warm
    browser = Browser(headers={**reader.bearer, "Accept-Encoding": "gzip"})
    for _ in range(2):
        answer = browser.get("/usage_data", query)
        assert answer.status_code == 200

    functions = own_functions(lambda: browser.get("/usage_data", query))

    assert ("Content-Encoding" in answer) == (step == MANY)
    assert len(functions) <= most, "\n".join(sorted(map(": ".join, functions)))
    assert len({file for file, _function in functions}) <= most_modules

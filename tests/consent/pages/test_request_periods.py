"""Every form of a period: the page opens, and approving it as it stands grants exactly that."""

import pytest

from consent.models import GrantPart
from tests.factories.consent import ask

PERIODS = (
    {},
    {"start": "-3y"},
    {"start": "-1h"},
    {"start": "+1h"},
    {"start": "2027-03-14"},
    {"end": "now"},
    {"end": "+1y"},
    {"end": "+1h"},
    {"end": "2026-11-01"},
    {"start": "2026-11-01", "end": "2026-11-01"},
    {"start": "2027-03-14", "end": "2027-03-14"},
    {"start": "-3y", "end": "+3y"},
)


@pytest.mark.spec("P-01", "P-02", "F-68")
@pytest.mark.parametrize("period", PERIODS, ids=str)
def test_a_period_open_on_either_side_is_shown_and_granted_as_it_is(home, browser, opened, period):
    form = opened(browser, ask({"type": "usage_data", "services": "all", **period}, user=home.owner))
    updated = form.press("action", "update")

    assert updated.status_code == 200
    assert form.press("decision", "approve").status_code == 303
    part = GrantPart.objects.get()
    assert (part.window_start is None, part.window_end is None) == (
        "start" not in period,
        "end" not in period,
    )


@pytest.mark.spec("P-01", "F-68")
@pytest.mark.parametrize("period", [{}, {"start": "-1y"}, {"end": "+1y"}, {"end": "now"}], ids=str)
def test_what_speaks_of_the_present_is_shown_and_granted_for_any_period(home, browser, opened, period):
    detail = {"type": "customer_supply_details", "services": "all", **period}
    form = opened(browser, ask(detail, user=home.owner))

    assert form.press("decision", "approve").status_code == 303
    assert GrantPart.objects.get().window_start is None


def test_a_day_of_the_customers_own_narrows_an_open_side(home, browser, opened):
    form = opened(browser, ask({"type": "usage_data", "services": "all", "end": "+1y"}, user=home.owner))
    form.fill("start-usage_data", "2026-03-08")

    assert form.press("decision", "approve").status_code == 303
    assert GrantPart.objects.get().window_start.isoformat() == "2026-03-08T08:00:00+00:00"

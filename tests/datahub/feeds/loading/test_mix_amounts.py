from datetime import UTC, date, datetime, timedelta

import pytest

from datahub.models import MixAmount, MixAmountHistory, MixDay
from tests.datahub.feeds.loading.conftest import MORNING
from tests.factories.accounts import ServiceContractFactory

pytestmark = pytest.mark.django_db

HEADER = "kind,region,source,start,end,quantity,tariff_code,contract_number"
LATER = MORNING + timedelta(hours=1)


def amounts(*lines):
    return "\n".join([HEADER, *lines, ""]).encode()


def hour(quantity, source="wind", day=1):
    return f"generated,R-1,{source},2026-03-{day:02}T00:00Z,2026-03-{day:02}T01:00Z,{quantity},,"


@pytest.fixture
def bring_amounts(bring):
    return lambda content, at=MORNING: bring("generation_mix", "mix_amounts_csv", content, at)


def marked():
    return list(MixDay.objects.filter(due__isnull=False).values_list("region", "day"))


def test_a_correction_keeps_what_was_said_before_and_by_which_run(bring_amounts):
    first = bring_amounts(amounts(hour(5), hour(7, "B16")))

    run = bring_amounts(amounts(hour(6), hour(7, "B16")), LATER)

    assert (run.accepted, run.unchanged) == (1, 1)
    wind, solar = MixAmount.objects.order_by("-source")
    assert (wind.wh, wind.origin) == (6_000_000, run)
    assert wind.modified > solar.modified
    assert wind.synced == solar.synced
    (before,) = MixAmountHistory.objects.all()
    assert (before.wh, before.origin, before.replaced) == (5_000_000, first, wind.modified)


def test_only_days_that_change_are_marked(bring_amounts):
    bring_amounts(amounts(hour(5), hour(5, day=3)))
    MixDay.objects.update(due=None)

    bring_amounts(amounts(hour(5), hour(6, day=3)), LATER)

    assert marked() == [("R-1", date(2026, 3, 3))]


def test_a_change_in_a_month_with_certificates_marks_the_month(bring_amounts):
    month = "issued,R-1,wind,2026-03-01T00:00Z,2026-04-01T00:00Z,100,,"
    bring_amounts(amounts(month, month.replace("R-1", "R-2")))
    MixDay.objects.update(due=None)

    bring_amounts(amounts(hour(6, day=3)), LATER)

    assert marked() == [("R-1", date(2026, 3, day)) for day in range(1, 32)]


def test_certificates_of_an_unknown_contract_are_rejected_by_line(bring_amounts):
    contract = ServiceContractFactory()
    line = "cancelled,R-1,wind,2026-03-01T00:00Z,2026-03-01T01:00Z,1,,"

    run = bring_amounts(amounts(line + contract.contract_number, line + "NOBODY"))

    (rejection,) = run.rejected_rows.all()
    assert (run.accepted, rejection.line, rejection.reason) == (1, 3, "contract NOBODY is not known")
    assert MixAmount.objects.get().contract == contract


def test_an_hour_and_a_month_that_begin_together_are_two_amounts(bring_amounts):
    bring_amounts(
        amounts(
            "issued,R-1,wind,2026-03-01T00:00Z,2026-04-01T00:00Z,100,,",
            "issued,R-1,wind,2026-03-01T00:00Z,2026-03-01T01:00Z,1,,",
        )
    )

    assert list(MixAmount.objects.order_by("wh").values_list("wh", "start")) == [
        (1_000_000, datetime(2026, 3, 1, tzinfo=UTC)),
        (100_000_000, datetime(2026, 3, 1, tzinfo=UTC)),
    ]

from datetime import timedelta
from decimal import Decimal

import pytest

from datahub.models import MixDay, MixShare, MixShareHistory, RunStatus
from tests.datahub.feeds.loading.conftest import MORNING

pytestmark = pytest.mark.django_db


def mix(*shares):
    lines = [f"generation_breakdown,R-1,2026-03-01T00:00:00Z,{source},{share}" for source, share in shares]
    return "\n".join(["series,region,start,source,share", *lines, ""]).encode()


@pytest.fixture
def bring_mix(bring):
    return lambda content, at=MORNING: bring("generation_mix", "generation_mix_csv", content, at)


def stored():
    return {share.source: share.share for share in MixShare.objects.all()}


def test_unknown_stays_unknown(bring_mix):
    run = bring_mix(mix(("wind", "0.45"), ("gas", "")))

    assert (run.status, run.accepted) == (RunStatus.DONE, 2)
    assert stored() == {"wind": Decimal("0.45"), "gas": None}


def test_a_later_file_corrects_what_it_knows_and_erases_nothing(bring_mix):
    bring_mix(mix(("wind", "0.45"), ("gas", "0.55")))

    run = bring_mix(mix(("wind", "0.40"), ("gas", "")), MORNING + timedelta(hours=1))

    assert (run.accepted, run.unchanged) == (1, 1)
    assert stored() == {"wind": Decimal("0.40"), "gas": Decimal("0.55")}
    wind, gas = MixShare.objects.order_by("-source")
    assert wind.modified > gas.modified
    assert wind.synced == gas.synced


def test_what_is_replaced_is_kept_with_the_run_that_said_it(bring_mix):
    first = bring_mix(mix(("wind", "0.45"), ("gas", "0.55")))

    run = bring_mix(mix(("wind", "0.40"), ("gas", "0.55")), MORNING + timedelta(hours=1))

    (before,) = MixShareHistory.objects.all()
    now = MixShare.objects.get(source="wind")
    assert (before.source, before.share, before.origin) == ("wind", Decimal("0.45"), first)
    assert (now.origin, before.replaced) == (run, now.modified)


def test_a_share_that_was_worked_out_gives_way_to_a_told_one(bring_mix):
    bring_mix(mix(("wind", "0.45")))
    MixShare.objects.update(computed=True, method="issuance", quantity=5)

    bring_mix(mix(("wind", "0.45"), ("gas", "")), MORNING + timedelta(hours=1))

    wind = MixShare.objects.get(source="wind")
    assert (wind.computed, wind.method, wind.quantity) == (False, "published", None)
    assert [day.region for day in MixDay.objects.filter(due__isnull=False)] == ["R-1"]

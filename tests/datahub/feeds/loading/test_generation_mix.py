from datetime import timedelta
from decimal import Decimal

import pytest

from datahub.models import MixShare, RunStatus
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

"""The yardstick of the mix: a region as the product has them, and the same shares from one query an hour."""

from datetime import date

import pytest
from django.db import connection

from benchmarks import mix, region
from datahub.models import MixShare
from datahub.tasks import compute_mix
from tests.factories.accounts import household


@pytest.fixture
def place(transactional_db):
    household()  # as other figures leave them
    yield region.build(contracts=40, tariffs=4, first=date(2026, 3, 2), days=2)
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS mix_profile, mix_reading")


def test_one_query_an_hour_comes_to_the_same_shares_and_only_to_these(place):
    compute_mix()
    mix.readings_by_row(place)

    mix.hour_by_hour(place)

    mix.check_alike(place)
    MixShare.objects.filter(region="yardstick", source="wind").first().delete()
    with pytest.raises(RuntimeError, match="1 of 480 shares differ"):
        mix.check_alike(place)


def test_a_correction_moves_few_shares(place):
    compute_mix()
    whole = MixShare.objects.count()

    moved = {name: written for name, _spent, written in mix.corrections(place)}

    assert all(0 < written < whole / 2 for written in moved.values())
    assert moved["one certificate corrected"] < moved["one meter's day corrected"]

"""/my/mix/: its days, months and averages are weighed by energy where that is known."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.test import Client as Browser

from datahub.models import MixSeries, MixShare
from tests.datahub.pages.mix_read import MIDNIGHT, in_the_west, page, rows, tariff, used, words
from tests.factories.datahub import hourly_mix


@pytest.fixture
def owner(home) -> Browser:
    return in_the_west(home)


def test_days_and_the_average_are_weighed_with_what_was_used(owner, home):
    hourly_mix(MixSeries.CONSUMPTION, "EV-TOU", MIDNIGHT, {"wind": [Decimal(1)] * 24 + [Decimal(0)] * 24})
    MixShare.objects.filter(start__gte=MIDNIGHT + timedelta(hours=12)).update(share=0)
    used(home, *[300] * 12, *[100] * 12, *[50] * 24)

    tree = page(owner)

    assert rows(tree)["March 1, 2026"][0] == ["0.75", "0.25"]
    assert [cell.get("value") for cell in tree.xpath("//tfoot//data")] == ["0.6", "0.4"]  # 3,600 of 6,000 Wh
    assert (
        "Hours in which you used more count more. A company with which you share the mix but not your usage gets sums"
        " in which each hour counts the same. As the figures are rounded"
    ) in words(tree)


def test_where_use_is_not_known_all_hours_count_alike_and_it_says_so(owner, home):
    tariff(hours=48)
    assert "All hours count alike, because we do not know what you used in each of them." in words(
        page(owner)
    )
    used(home, *[100] * 24, *[None] * 24)

    tree = page(owner)

    table = rows(tree)
    assert "all hours count alike" not in table["March 1, 2026"][1]
    assert table["March 2, 2026"][1].startswith("March 2, 2026 all hours count alike")
    assert words(tree.xpath("//tfoot/tr")[0]).startswith("Average all hours count alike")
    assert "Hours in which you used more count more, where we know what you used" in words(tree)
    assert "all hours count alike" not in words(page(owner, period="2026-03-01"))


def test_the_grid_is_weighed_with_what_was_generated(owner):
    hourly_mix(
        MixSeries.GENERATION,
        "WEST",
        MIDNIGHT,
        {"wind": [Decimal(1), Decimal(0)], "gas": [Decimal(0), Decimal(1)]},
    )
    assert "we do not know how much electricity there was" in words(page(owner, series="grid"))
    MixShare.objects.filter(share=1).update(quantity=100)
    MixShare.objects.filter(share=0).update(quantity=0)
    MixShare.objects.filter(share=1, source="wind").update(quantity=300)

    tree = page(owner, series="grid")

    assert rows(tree)["March 1, 2026"][0] == ["0.75", "0.25", "0"]
    assert "Hours with more electricity count more. As the figures are rounded" in words(tree)


def test_a_month_that_is_told_as_one_step_shows_on_its_days(owner):
    tariff(hours=1)
    MixShare.objects.update(seconds=31 * 86_400 - 3600)

    table = rows(page(owner, period="2026-03"))

    assert len(table) == 31
    assert all(shares == ["0.6", "0.3", "0.1"] for shares, _words in table.values())

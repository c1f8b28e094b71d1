"""Pages of a customer: the slowest twentieth of calls beside that of a bare page under the same login and frame."""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import numpy as np
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from benchmarks.measure import Figure, Work, at_most, prepare_to_measure, seconds
from cdsc_portal.lib.time import clock
from datahub.models import MixSeries
from datahub.portfolio.pages.portfolio_page import month_to_show
from datahub.tasks import compute_portfolio
from tests.factories.accounts import Household, SupplyTermFactory, household
from tests.factories.chain import Chain, chain
from tests.factories.consent import approve
from tests.factories.datahub import bill, hourly_mix
from tests.factories.feeds import load_readings, usage_series
from tests.journeys.consent_steps import EVERYTHING, request_of

_START, _QUARTERS = datetime(2023, 11, 1, 7, tzinfo=UTC), 3 * 365 * 96  # to the end of October 2026
_MIX_START, _MIX_HOURS = datetime(2026, 10, 1, 7, tzinfo=UTC), 31 * 24
_GRANTS, _BILLS = 5, 22
_STORES = 2_000
_ROUNDS, _CALLS = 25, 4  # calls of a page in a row, as a busy worker makes them


def figures() -> Iterator[Figure]:
    """In process, through all middleware; at most six times a bare page, the request at most four."""
    home = household()  # used and sent back, each quarter hour of three years
    values = np.random.default_rng(1).integers(0, 900, (2, _QUARTERS)).tolist()
    load_readings(
        usage_series(home.meter, _START, values[0], scale=0),
        usage_series(home.meter, _START, values[1], scale=0, direction="export"),
    )
    bills = [
        bill(
            home.contract,
            start=first,
            end=first + timedelta(days=30),
            statement_date=first + timedelta(days=32),
        )
        for first in (date(2025, 1, 1) + timedelta(days=30 * place) for place in range(_BILLS))
    ]
    for _ in range(_GRANTS):
        approve(request_of(home, *EVERYTHING))
    _with_a_mix(home)
    owner = Client()
    owner.force_login(home.owner)
    pages = {
        "usage year of three years of quarter hours": (f"{reverse('my_usage')}?period=2026", 6),
        "first page": (reverse("my_home"), 6),
        "last day of usage": (reverse("my_usage"), 6),
        "sharing list": (reverse("sharing_list"), 6),
        "list of bills": (reverse("my_bills"), 6),
        "bill": (reverse("my_bill", args=[bills[-1].public_id]), 6),
        "activity": (reverse("my_activity"), 6),
        "energy sources of a month by hours": (reverse("my_mix"), 6),
        "request page": (request_of(home, *EVERYTHING).page, 4),
    }
    prepare_to_measure()
    bare, *p95s = _p95s(_get(owner, "/bare_page"), *(_get(owner, path) for path, _goal in pages.values()))
    for (name, (_path, goal)), value in zip(pages.items(), p95s, strict=True):
        yield at_most(f"p95 of the {name} / a bare page", "ms", value, bare, goal)
    yield from _of_a_firm(chain(stores=_STORES, prefix="PORTFOLIO-"))


def _with_a_mix(home: Household) -> None:
    """Six sources in each hour of the last month, weighed with use; the greener hours of the week are read too."""
    SupplyTermFactory(contract=home.contract, tariff_code="BENCH-MIX", start=date(2020, 1, 1))
    rng = np.random.default_rng(2)
    shares = rng.dirichlet((2, 3, 3, 2, 3, 1), _MIX_HOURS).round(4)
    hours = {
        source: [Decimal(str(share)) for share in shares[:, place]]
        for place, source in enumerate(("solar", "wind", "hydro", "nuclear", "gas"))
    }
    hourly_mix(MixSeries.CONSUMPTION, "BENCH-MIX", _MIX_START, hours)


def _of_a_firm(stores: Chain) -> Iterator[Figure]:
    """The portfolio of very many services as a worker computed it, beside a bare page under the same login."""
    owner = Client()
    owner.force_login(stores.owner)
    compute_portfolio(stores.owner.pk, f"{month_to_show(timezone.localdate(clock.now())):%Y-%m-%d}")
    prepare_to_measure()
    bare, value = _p95s(_get(owner, "/bare_page"), _get(owner, f"{reverse('my_portfolio')}?sort=-used"))
    yield at_most(
        f"p95 of the portfolio of {len(stores.contracts)} services / a bare page", "ms", value, bare, 6
    )


def _get(client: Client, path: str) -> Callable[[], None]:
    def call() -> None:
        answer = client.get(path)
        if answer.status_code != 200:
            raise RuntimeError(f"{path} answered {answer.status_code}")

    return call


def _p95s(*works: Work) -> list[float]:
    """Milliseconds that nineteen of twenty calls of each stay within; the works take turns, a first one not counted."""
    for work in works:
        work()
    taken: list[list[float]] = [[] for _ in works]
    for _ in range(_ROUNDS):
        for times, work in zip(taken, works, strict=True):
            times.extend(seconds(work) * 1000 for _ in range(_CALLS))
    return [float(np.percentile(times, 95)) for times in taken]

"""Homes with readings for the journeys of usage pages. All figures are invented."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import numpy as np

from cdsc_portal.lib.time import clock
from datahub.models import Download, DownloadProblem, DownloadStatus
from datahub.rows.usage import Quality
from tests.factories.accounts import Household
from tests.factories.chain import Chain, chain
from tests.factories.datahub import BillSectionFactory, BillStatementFactory, LineItemFactory
from tests.factories.feeds import load_readings, usage_series
from tests.journeys.consent_steps import electricity_and_gas

FIRST = date(2024, 1, 1)
DAYS = 1058  # to the evening of November 23, 2026
QUARTERS = 96
_MISSING = datetime(2026, 3, 11, 8, tzinfo=UTC)


def three_years() -> Household:
    """Quarter hours, used and sent back since January 2024; two days missing, one estimated; bills of a year."""
    home = electricity_and_gas()
    start = datetime(2024, 1, 1, 8, tzinfo=UTC)
    used, sent = _used(), _sent()
    used[QUARTERS * 800 : QUARTERS * 803] = [None] * QUARTERS * 3  # from _MISSING on
    load_readings(
        usage_series(home.meter, start, used), usage_series(home.meter, start, sent, direction="export")
    )
    estimated = usage_series(home.meter, _MISSING, [180_000] * QUARTERS, quality=Quality.ESTIMATED)
    load_readings(estimated, version_at=datetime(2026, 12, 1, tzinfo=UTC))
    _bill(home)
    return home


def shops() -> Chain:
    """Too many services for a list."""
    made = chain(stores=40)
    load_readings(
        usage_series(made.meters[0], datetime(2026, 1, 1, 8, tzinfo=UTC), _used()[: QUARTERS * 300])
    )
    return made


def files_on_their_way() -> Household:
    """One that is ready, one half written, one that waits for room, one that failed."""
    home = electricity_and_gas()
    for place, (form, facts) in enumerate(
        (
            ("csv", {"status": DownloadStatus.READY, "expires": clock.now() + timedelta(hours=20)}),
            ("xml", {"status": DownloadStatus.RUNNING, "done": 400_000}),
            ("json", {"status": DownloadStatus.WAITING, "problem": DownloadProblem.NO_SPACE}),
            ("csv", {"status": DownloadStatus.FAILED, "problem": DownloadProblem.UNEXPECTED}),
        )
    ):
        first = date(2020 + place, 1, 1)
        file = Download.objects.create(
            user=home.owner, form=form, start=first, end=date(2026, 11, 1), total=1_000_000, **facts
        )
        file.contracts.add(home.contract)
    return home


def _used() -> list[int | None]:
    """Milliwatt-hours: more in the evening and in winter."""
    slot = np.arange(DAYS * QUARTERS)
    hour, day = slot % QUARTERS / 4, slot // QUARTERS
    shape = 90 + 160 * np.exp(-(((hour - 19) / 2.5) ** 2)) + 70 * np.exp(-(((hour - 7.5) / 1.5) ** 2))
    season = 1 + 0.35 * np.cos(2 * np.pi * day / 365.25)
    noise = np.random.default_rng(7).uniform(0.7, 1.3, len(slot))
    return (shape * season * noise * 1000).astype(np.int64).tolist()


def _sent() -> list[int | None]:
    slot = np.arange(DAYS * QUARTERS)
    hour, day = slot % QUARTERS / 4, slot // QUARTERS
    sun = np.clip(np.sin((hour - 6) / 12 * np.pi), 0, None) * (1 - 0.6 * np.cos(2 * np.pi * day / 365.25))
    return (sun * 180_000).astype(np.int64).tolist()


def _bill(home: Household) -> None:
    for start, end in _months(date(2025, 10, 5), 13):
        used = Decimal(380 + start.month * 3)
        statement = BillStatementFactory(
            account=home.account, statement_date=end + timedelta(days=3), start=start, end=end
        )
        section = BillSectionFactory(
            statement=statement, contract=home.contract, position=0, start=start, end=end,
            amount=used * Decimal("0.21") + Decimal("17.40"),
        )  # fmt: skip
        LineItemFactory(section=section, position=0, quantity=used, amount=used * Decimal("0.21"))
        LineItemFactory(
            section=section, position=1, name="Basic charge", kind="fixed", quantity=None, unit="", rate=None,
            amount=Decimal("17.40"),
        )  # fmt: skip


def _months(first: date, count: int) -> Iterable[tuple[date, date]]:
    for place in range(count):
        year, month = divmod(first.month - 1 + place, 12)
        start = date(first.year + year, month + 1, first.day)
        year, month = divmod(first.month + place, 12)
        yield start, date(first.year + year, month + 1, first.day)

"""A customer's usage in each of its views."""

from collections.abc import Callable
from typing import Any

from playwright.sync_api import Page

from tests.factories.accounts import Household
from tests.factories.chain import Chain
from tests.journeys.pages.base import MapPage, logged_in
from tests.journeys.usage_worlds import files_on_their_way, shops, three_years

_HEADING = {"en": "Usage", "es": "Consumo"}


def _shown(query: str) -> Callable[[Page, Any], None]:
    def open_page(page: Page, home: Household) -> None:
        logged_in(page, home.owner.email, f"/my/usage/?contract={home.contract.public_id}{query}")

    return open_page


def _usage(name: str, query: str, *shows: str) -> MapPage:
    return MapPage(name, three_years, _shown(query), _HEADING, shows)


def _with_numbers(query: str) -> Callable[[Page, Any], None]:
    """The table is long, so it is folded."""

    def open_page(page: Page, home: Household) -> None:
        _shown(query)(page, home)
        page.locator("details:has(#usage-table) > summary").click()

    return open_page


def _ask_for_nothing(page: Page, home: Household) -> None:
    logged_in(page, home.owner.email, "/my/downloads/")
    for tick in page.locator("input[type=checkbox]").all():
        tick.uncheck()
    with page.expect_navigation():
        page.locator("main form button.button").click()


def _searched(path: str) -> Callable[[Page, Any], None]:
    def open_page(page: Page, shops: Chain) -> None:
        logged_in(page, shops.owner.email, path)

    return open_page


PAGES = (
    MapPage(
        "usage-of-many", shops, _searched("/my/usage/?find=street"), _HEADING, (".service-chooser__found",)
    ),
    MapPage(
        "downloads-of-many",
        shops,
        _searched("/my/downloads/"),
        {"en": "Downloads", "es": "Descargas"},
        ("textarea",),
    ),
    _usage("usage-year", "&period=2026", "figure.chart", "details:has(#usage-table)"),
    MapPage(
        "usage-month",
        three_years,
        _with_numbers("&period=2026-03"),
        _HEADING,
        ("figure.chart", "#usage-table tfoot"),
    ),
    MapPage(
        "usage-day",
        three_years,
        _with_numbers("&period=2026-03-08"),
        _HEADING,
        ("figure.chart", "#usage-table tfoot"),
    ),
    _usage("usage-hours-of-a-year", "&period=2026&look=hours", "figure.chart"),
    _usage("usage-hours-of-a-month", "&period=2026-03&look=hours", "figure.chart"),
    _usage("usage-billed", "&period=2026&show=billed", "figure.chart", "table tfoot"),
    _usage("usage-estimated", "&period=2026&show=estimate", "figure.chart", "table tfoot"),
    MapPage(
        "downloads",
        three_years,
        lambda page, home: logged_in(page, home.owner.email, "/my/downloads/"),
        {"en": "Downloads", "es": "Descargas"},
        ("input[type=date]", "main form button.button"),
    ),
    MapPage(
        "downloads-wrong",
        three_years,
        _ask_for_nothing,
        {"en": "Downloads", "es": "Descargas"},
        (".error-summary", ".field--error"),
        by_get=False,
    ),
    MapPage(
        "downloads-on-their-way",
        files_on_their_way,
        lambda page, home: logged_in(page, home.owner.email, "/my/downloads/"),
        {"en": "Downloads", "es": "Descargas"},
        ("progress", "[data-downloads] a.button"),
    ),
    MapPage(
        "portfolio",
        shops,
        _searched("/my/portfolio/"),
        {"en": "Portfolio", "es": "Cartera"},
        ("form[data-submits]", ".portfolio-table tbody tr", ".portfolio-group"),
    ),
)

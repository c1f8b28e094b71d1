"""Journeys: a live server, a real browser, nothing mocked."""

import os
from collections.abc import Callable, Iterable, Iterator
from functools import wraps
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, Request, WebError, expect

from tests.journeys.browser import LAUNCH_ARGS, chromium_path
from tests.journeys.company_site import CompanySite, open_site

# the browser's library runs an event loop in this thread; Django would refuse the ORM beside it
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
PATIENCE = 60_000  # milliseconds: a machine with much to do is slow, and what passes does not wait


@pytest.fixture(scope="session")
def browser_type_launch_args(playwright):
    return {"executable_path": chromium_path(playwright.chromium.executable_path), "args": LAUNCH_ARGS}


@pytest.fixture(scope="session", autouse=True)
def _what_leads_to_a_page_ends_when_it_has_loaded():
    """A click by itself ends when the next page begins: its words and scripts may be yet to come."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("click", "dblclick", "press"):
            patch.setattr(Locator, name, _then_loaded(getattr(Locator, name)))
        expect.set_options(timeout=PATIENCE)
        yield


def _then_loaded(act: Callable[..., None]) -> Callable[..., None]:
    @wraps(act)
    def acted(locator: Locator, *how: object, **options: object) -> None:
        act(locator, *how, **options)
        locator.page.wait_for_load_state()

    return acted


@pytest.fixture
def watch(live_server):
    """A function that watches what a context asks for and what its scripts fail with; it answers what ends that.

    Fails the test when a page asked a host that is neither the server nor named in `also`, or a script failed.
    """
    allowed, requested, failed = {urlsplit(live_server.url).netloc}, [], []

    def watched(context: BrowserContext, also: Iterable[str] = ()) -> Callable[[], None]:
        def keep(request: Request) -> None:
            requested.append(request.url)

        def keep_error(failure: WebError) -> None:
            failed.append(f"{failure.page.url if failure.page else ''}: {failure.error}")

        def end() -> None:
            context.remove_listener("request", keep)
            context.remove_listener("weberror", keep_error)

        allowed.update(also)
        context.on("request", keep)
        context.on("weberror", keep_error)
        return end

    yield watched
    elsewhere = [
        url for url in requested if urlsplit(url).netloc not in allowed and urlsplit(url).scheme != "data"
    ]
    assert not elsewhere, f"pages asked other hosts: {elsewhere}"
    assert not failed, f"scripts failed: {failed}"


@pytest.fixture
def browser_page(browser, live_server, watch):
    """A function that opens a fresh window on the live server; what its pages ask for is watched."""
    contexts = []

    def open_page(*, also=(), **options):
        context = new_context(browser, live_server.url, **options)
        contexts.append(context)
        watch(context, also)
        return context.new_page()

    yield open_page
    for context in contexts:
        context.close()


@pytest.fixture
def company_site() -> Iterator[CompanySite]:
    """Where customers go back to. A window that is to follow them there opens `also` its host."""
    with open_site() as site:
        yield site


@pytest.fixture(scope="session")
def kept_windows():
    """By language: the window that goes from page to page of the map. To open one takes longer than most pages."""
    return {}


@pytest.fixture
def map_window(browser, live_server, watch, kept_windows):
    """A function that gives the window of a language as if it were fresh: nobody is logged in, nothing is kept.

    A window that cannot be emptied after its test is given to no other.
    """
    given = []

    def window(language: str) -> Page:
        page = kept_windows.pop(language, None)
        page = page or new_context(browser, live_server.url, language=language).new_page()
        page.set_viewport_size({"width": 1280, "height": 800})
        page.emulate_media(color_scheme="light")
        given.append((language, page, watch(page.context)))
        return page

    yield window
    for language, page, end_watching in given:
        page.evaluate("localStorage.clear(); sessionStorage.clear()")
        page.goto("about:blank")  # nothing asks the server any more
        page.context.clear_cookies()
        end_watching()
        kept_windows[language] = page


def new_context(
    browser: Browser, address: str, *, width=1280, theme="light", language="en", scripts=True, touch=False
) -> BrowserContext:
    context = browser.new_context(
        base_url=address,
        viewport={"width": width, "height": 800},
        color_scheme=theme,
        locale=language,
        java_script_enabled=scripts,
        has_touch=touch,
        reduced_motion="reduce",
    )
    context.set_default_timeout(PATIENCE)
    return context

"""Journeys: a live server, a real browser, nothing mocked."""

import os
from collections.abc import Callable
from functools import wraps
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Locator, expect

from tests.journeys.browser import LAUNCH_ARGS, chromium_path

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
def browser_page(browser, live_server):
    """A function that opens a fresh window on the live server.

    Fails the test when a page asked a host that is neither the server nor named in `also`.
    """
    contexts = []
    allowed = {urlsplit(live_server.url).netloc}
    asked = []

    def open_page(*, width=1280, theme="light", language="en", scripts=True, also=()):
        context = browser.new_context(
            base_url=live_server.url,
            viewport={"width": width, "height": 800},
            color_scheme=theme,
            locale=language,
            java_script_enabled=scripts,
            reduced_motion="reduce",
        )
        contexts.append(context)
        allowed.update(also)
        context.on("request", lambda request: asked.append(request.url))
        context.set_default_timeout(PATIENCE)
        return context.new_page()

    yield open_page
    for context in contexts:
        context.close()
    elsewhere = [
        url for url in asked if urlsplit(url).netloc not in allowed and urlsplit(url).scheme != "data"
    ]
    assert not elsewhere, f"pages asked other hosts: {elsewhere}"

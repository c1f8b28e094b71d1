"""`make pictures`: pages of the demo as docs/images and the public page show them, taken anew by a real browser.

Needs what the browser tests need. The demo must have been made once (`make demo`).
"""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, StorageState, sync_playwright

from demo.installation import Installation
from demo.processes import ROOT, StartError
from tools.browser import NAMES

DOCS, FRONT = ROOT / "docs" / "images", ROOT / "static" / "img" / "front"
_WIDE, _PHONE = (1280, 800), (360, 740)
_FRONT_WIDTH = 720  # pixels; the public page is to weigh 120 KB in all
_FRONT_PHONE_HEIGHT = 480  # of a phone's screen what fits on another's, above the bar at its foot


@dataclass(frozen=True, slots=True)
class Picture:
    """One page: `path` from the demo's origin, or a link's words to follow from there. `front`: for the public page."""

    name: str
    path: str
    follow: str = ""
    size: tuple[int, int] = _WIDE
    theme: str = "light"
    front: bool = False


PICTURES = (
    Picture("home", "/my/", front=True),
    Picture("home-phone", "/my/", size=_PHONE, front=True),
    Picture("usage", "/my/usage/", front=True),
    Picture("usage-phone", "/my/usage/", size=_PHONE, front=True),
    Picture("usage-dark", "/my/usage/", theme="dark"),
    Picture("bill", "/my/bills/", follow="table a[href*='/my/bills/']"),
    Picture("request", "/my/", follow="main a[href*='/my/requests/']", front=True),
    Picture("request-phone", "/my/", follow="main a[href*='/my/requests/']", size=_PHONE, front=True),
    Picture("sharing", "/my/sharing/"),
    Picture("activity", "/my/activity/"),
    Picture("sources", "/my/mix/"),
)


def take(demo: Installation) -> list[Path]:
    """Write every picture; the files."""
    program = next((path for name in NAMES if (path := shutil.which(name))), None)
    if program is None:
        raise StartError("make pictures needs Chromium: `make browser` brings it.")
    FRONT.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--headless", "--no-sandbox"])
        try:
            login = _logged_in(browser, demo)
            return [path for picture in PICTURES for path in _taken(browser, demo, login, picture)]
        finally:
            browser.close()


def _taken(browser: Browser, demo: Installation, login: StorageState, picture: Picture) -> Iterator[Path]:
    width, height = picture.size
    context = browser.new_context(
        base_url=demo.base_url,
        viewport={"width": width, "height": height},
        color_scheme="dark" if picture.theme == "dark" else "light",
        locale="en-US",
        reduced_motion="reduce",
        storage_state=login,
    )
    page = context.new_page()
    page.goto(picture.path)
    if picture.follow:
        page.goto(page.locator(picture.follow).first.get_attribute("href") or picture.path)
    page.wait_for_load_state("networkidle")
    image = Image.open(BytesIO(page.screenshot())).convert("RGB")
    context.close()
    yield _saved(image, DOCS / f"{picture.name}.webp", quality=80)
    if picture.front:
        small = image.resize((_FRONT_WIDTH, height * _FRONT_WIDTH // width), Image.Resampling.LANCZOS)
        on_phones = image.crop((0, 0, width, _FRONT_PHONE_HEIGHT))
        yield _saved(
            on_phones if picture.size == _PHONE else small, FRONT / f"{picture.name}.webp", quality=60
        )


def _logged_in(browser: Browser, demo: Installation) -> StorageState:
    """The cookies of the demo's first owner: one login for all pictures."""
    email, password = demo.owner
    context = browser.new_context(base_url=demo.base_url)
    page = context.new_page()
    page.goto("/accounts/login/")
    page.fill("input[name=login]", email)
    page.fill("input[name=password]", password)
    page.press("input[name=password]", "Enter")
    page.wait_for_url(lambda url: "/login/" not in url)
    state = context.storage_state()
    context.close()
    return state


def _saved(image: Image.Image, path: Path, *, quality: int) -> Path:
    image.save(path, "WEBP", quality=quality, method=6)
    return path

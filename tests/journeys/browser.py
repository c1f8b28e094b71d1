"""A real Chromium for the journeys: where it is, how it starts, what every page is held to."""

import os
import shutil
from enum import Flag, auto
from pathlib import Path
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from playwright.sync_api import Page

from tools import browser

# Of two lists the browser takes the last: what Playwright switches off stands here too. Ours are those that start two
# more processes for each window, one in store and one for the suggestions of an address bar that nobody sees.
_PLAYWRIGHTS_OFF = (
    "AvoidUnnecessaryBeforeUnloadCheckSync", "DestroyProfileOnBrowserClose", "HttpsUpgrades",
    "HttpsFirstBalancedModeAutoEnable", "LensOverlay", "MediaRouter", "PaintHolding", "ThirdPartyStoragePartitioning",
    "AvoidCorsURLLoaderRestartOnRedirect", "OptimizationHints", "NetworkTimeServiceQuerying", "AimEnabled",
    "PreconnectToSearch",
)  # fmt: skip
_OURS_OFF = (
    "SpareRendererForSitePerProcess", "WebUIOmniboxPopup", "WebUIOmniboxAimPopup", "WebUIOmniboxFullPopup",
)  # fmt: skip
LAUNCH_ARGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    f"--disable-features={','.join(_PLAYWRIGHTS_OFF + _OURS_OFF)}",
]
WCAG_A_AND_AA = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
BEST_PRACTICE = (
    "best-practice"  # of axe: landmarks of one name each, headings in order; the admin's library has others
)


class Aspect(Flag):
    """What decides a rule of axe: another width, theme or language of a page asks no more than what it changes."""

    COLORS = auto()
    PLACE = auto()
    WORDS = auto()  # and roles: every other rule
    ALL = COLORS | PLACE | WORDS


_RULES = {
    Aspect.COLORS: ("color-contrast", "link-in-text-block"),
    Aspect.PLACE: ("scrollable-region-focusable", "target-size"),
}
_AXE = Axe()
_AXE_OPTIONS = {
    "resultTypes": ["violations"],
    "preload": {"assets": ["media"]},  # no rule of ours reads the stylesheets that it would load once more
}
# the bar of a request rests where it stands in the text: what it covers for now is scrolled out from under it
_RUN_AXE = """async (options) => {
  const bars = [...document.querySelectorAll(".decision-bar")];
  for (const bar of bars) bar.style.position = "static";
  const results = await axe.run(options);
  for (const bar of bars) bar.style.position = "";
  return results;
}"""


class NoBrowserError(RuntimeError):
    """There is no Chromium and none could be installed; the message says what to do."""


def chromium_path(playwrights_own: str) -> str:
    """The program to start: the system's, Playwright's own, or the system's once installed.

    Raises NoBrowserError where there is none and this user may not install one.
    """
    path = _installed() or (playwrights_own if Path(playwrights_own).exists() else "")
    if not path and browser.main() == 0:
        path = _installed()
    if not path:
        raise NoBrowserError(
            f"The journeys need Chromium: install your system's package named {browser.SHELL} or chromium."
        )
    return path


def _installed() -> str:
    return next((path for name in browser.NAMES if (path := shutil.which(name))), "")


def assert_no_axe_faults(page: Page, *, only_serious: bool = False, aspects: Aspect = Aspect.ALL) -> None:
    """No fault of WCAG 2.2 levels A and AA nor of best practice, or of the levels none that is serious.

    `aspects`: those that this page did not pass before with the same elements; without any, nothing is asked. The
    message lists rule, element and help.
    """
    if not aspects:
        return
    if not page.evaluate("'axe' in window"):
        page.evaluate(_AXE.axe_script)
    tags = WCAG_A_AND_AA if only_serious else [*WCAG_A_AND_AA, BEST_PRACTICE]
    options = {**_AXE_OPTIONS, **_rules_of(aspects, tags)}
    results = page.evaluate(_RUN_AXE, options)
    faults = [
        f"{fault['id']} ({fault['impact']}): {node['target']} {node['failureSummary']}"
        for fault in results["violations"]
        if not only_serious or fault["impact"] in {"serious", "critical"}
        for node in fault["nodes"]
    ]
    assert not faults, f"{page.url}\n" + "\n".join(faults)


def _rules_of(aspects: Aspect, tags: list[str]) -> dict[str, Any]:
    """The options by which axe runs the rules of `aspects`; those of words are all that `tags` name."""
    if Aspect.WORDS not in aspects:
        named = [rule for aspect, rules in _RULES.items() if aspect in aspects for rule in rules]
        return {"runOnly": {"type": "rule", "values": named}}
    passed = [rule for aspect, rules in _RULES.items() if aspect not in aspects for rule in rules]
    return {
        "runOnly": {"type": "tag", "values": tags},
        "rules": {rule: {"enabled": False} for rule in passed},
    }


def assert_fits(page: Page) -> None:
    """No sideways scroll."""
    width, content = page.evaluate("[window.innerWidth, document.documentElement.scrollWidth]")
    assert content <= width, f"{page.url} is {content} px wide in a window of {width} px"


def shot(page: Page, name: str) -> None:
    """With PICTURES=1 a picture of the whole page under VAR_DIR/screens; it takes an eighth of a journey."""
    if os.environ.get("PICTURES"):
        page.screenshot(path=Path(settings.VAR_DIR) / "screens" / f"{name}.png", full_page=True)

"""What each page is held to: content first, then axe, widths, looks, languages, weight; and its pictures."""

import os
from functools import reduce
from itertools import product
from operator import or_

from tests.journeys.browser import Aspect, assert_fits, assert_no_axe_faults, shot
from tests.journeys.weight import assert_light
from tests.web.reading import ease, grade

STATES = tuple(product(("en", "es"), (360, 1280), ("light", "dark")))


def states_of(turn):
    """All eight, or the one whose turn it is."""
    return STATES if os.environ.get("EVERY_STATE") else (STATES[turn % len(STATES)],)


def look_at(map_window, wanted, turn):
    """Hold a page to everything, in all states or in one."""
    world = wanted.world()
    windows, passed = {}, set()
    for language, width, theme in states_of(turn):
        if language not in windows:
            windows[language] = page = map_window(language)
            wanted.open(page, world)
            holds_its_content(page, wanted, language)
            if not wanted.is_admin:
                reads_easily(page, language)
        page = windows[language]
        page.set_viewport_size({"width": width, "height": 800})
        page.emulate_media(color_scheme=theme)
        if wanted.is_admin:
            page.reload()  # the library looks at the system's choice once, when a page begins
        shot(page, f"{wanted.name}-{width}-{theme}-{language}")
        assert_fits(page)
        decided = decided_by(language, width, theme)
        new = [aspect for aspect, state in decided.items() if (aspect, state) not in passed]
        assert_no_axe_faults(page, only_serious=wanted.is_admin, aspects=reduce(or_, new, Aspect(0)))
        passed |= decided.items()
    if not wanted.is_admin:
        shows_tables_whole(page)
        fits_enlarged_and_mirrored(page)
        if wanted.by_get:
            assert_light(page)


def decided_by(language, width, theme):
    """By aspect: the part of a page's state that it depends on. A language has no colors of its own."""
    return {
        Aspect.WORDS: (language,),
        Aspect.PLACE: (language, width),
        Aspect.COLORS: (width, theme),
    }


def holds_its_content(page, wanted, language):
    assert page.get_by_role("heading", level=1).all_inner_texts() == [wanted.heading[language]]
    for selector in wanted.shows:
        assert page.locator(selector).first.is_visible(), f"{wanted.name}: {selector} is not to be seen"


def reads_easily(page, language):
    """Eight years of school do for its English; its Spanish is normal prose or easier (Fernández Huerta)."""
    text = page.content()
    if language == "en":
        assert grade(text) <= 8
    else:
        assert ease(text) >= 60


_CUT_TABLES = """all => all
  .filter(wrap => wrap.checkVisibility() && wrap.scrollWidth > wrap.clientWidth)
  .map(wrap => `${wrap.scrollWidth} px: ${wrap.innerText.slice(0, 60)}`)"""


def shows_tables_whole(page):
    """No column is cut off beside cards of phones and the widest page: nobody scrolls sideways to a bill's amount."""
    for width in (768, 1024, 1280):
        page.set_viewport_size({"width": width, "height": 800})
        cut = page.locator(".table-wrap:not(:has(.heat-table))").evaluate_all(_CUT_TABLES)
        assert not cut, f"{page.url} at {width} px cuts {cut}"


def fits_enlarged_and_mirrored(page):
    """Right to left, at 400 % of a window of 1280, and with letters twice the size."""
    page.set_viewport_size({"width": 320, "height": 800})
    assert_fits(page)
    page.evaluate("document.documentElement.dir = 'rtl'")
    assert_fits(page)
    page.set_viewport_size({"width": 1280, "height": 800})
    page.evaluate("document.documentElement.style.fontSize = '200%'")
    assert_fits(page)

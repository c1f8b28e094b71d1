"""The request page is read in one minute: what it costs in pixels and words, and the decision that stays in view."""

import pytest

from tests.factories.accounts import add_service
from tests.journeys.browser import assert_fits, assert_no_axe_faults, shot
from tests.journeys.consent_steps import EVERYTHING, arrive, electricity_and_gas, request_of

pytestmark = pytest.mark.journey

FOUNDING = (*EVERYTHING, {"type": "customer_supply_history", "start": "-1y", "end": "now", "services": "all"})
# what is shown, without words for screen readers alone and without the answers of a closed list
_WORDS = """() => {
  const page = document.body.cloneNode(true);
  for (const hidden of page.querySelectorAll(".visually-hidden, .skip-link, option, dialog")) hidden.remove();
  document.body.replaceWith(page);
  return page.innerText.split(/\\s+/).filter((word) => /\\w/.test(word)).length;
}"""


@pytest.mark.spec("P-27")
def test_seven_kinds_of_data_of_four_services_are_read_in_a_minute(browser_page):
    home = electricity_and_gas()
    for commodity in ("electricity", "natural_gas"):
        add_service(owner=home.owner, account=home.account, commodity=commodity)
    page = browser_page(width=360)

    arrive(page, home, request_of(home, *FOUNDING).page)

    shot(page, "request-minute")
    assert_fits(page)
    assert_no_axe_faults(page)
    places = [
        page.get_by_text(words).first.bounding_box()["y"]
        for words in ("Sunny Roofs (demo)", "to size a solar system", "7 kinds of data of 4 services, until")
    ]
    cards = [card.bounding_box()["y"] for card in page.locator(".kind").all()]
    assert [*places, *cards] == sorted([*places, *cards])
    assert page.evaluate("document.documentElement.scrollHeight") <= 2400
    for place in (0, 700, 1400):
        page.evaluate(f"scrollTo(0, {place})")
        bar = page.locator(".decision-bar").bounding_box()
        assert bar["y"] + bar["height"] <= 800
    assert_compact(page)
    assert page.locator(".chosen").inner_text().startswith("You share: 7 kinds of data of 4 services, until ")
    assert page.evaluate(_WORDS) <= 420
    page.reload()
    page.get_by_role("button", name="Español").click()
    page.get_by_role("button", name="Compartir lo marcado").wait_for()
    assert_compact(page)


def assert_compact(page):
    """The bar takes at most a fifth of a phone of 740 px; the answers stand side by side."""
    assert page.locator(".decision-bar").bounding_box()["height"] <= 148
    yes, no = (button.bounding_box() for button in page.locator(".decision > .button").all())
    assert (yes["y"], yes["height"], yes["width"]) == (no["y"], no["height"], no["width"])

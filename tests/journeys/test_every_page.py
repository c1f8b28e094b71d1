"""Every page of the map: content first, then axe, widths, looks, languages, weight; and its pictures.

`make test` looks at each page in one state, another one for each page; `make journeys` in all of them.
"""

import pytest

from tests.journeys.page_checks import look_at
from tests.journeys.pages import every_page

pytestmark = pytest.mark.journey

PAGES = every_page()


@pytest.mark.parametrize(("turn", "wanted"), list(enumerate(PAGES)), ids=[page.name for page in PAGES])
@pytest.mark.spec("P-24")
def test_a_page_holds_its_content_fits_and_has_no_fault(map_window, turn, wanted):
    look_at(map_window, wanted, turn)

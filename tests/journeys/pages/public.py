"""Pages before the login."""

from tests.journeys.pages.base import MapPage, at, nothing

PAGES = (
    MapPage(
        "home",
        nothing,
        at("/"),
        {
            "en": "Your energy data, shared as you choose",
            "es": "Sus datos de energía, compartidos como usted quiera",
        },
    ),
    MapPage("help", nothing, at("/help/"), {"en": "Help", "es": "Ayuda"}),
    MapPage(
        "missing",
        nothing,
        at("/nothing-here/"),
        {"en": "There is no page here", "es": "Aquí no hay ninguna página"},
    ),
    MapPage("styleguide", nothing, at("/styleguide/"), {"en": "Style guide", "es": "Style guide"}),
)

"""What third parties read."""

from tests.journeys.pages.base import MapPage, at, nothing

PAGES = (
    MapPage(
        "docs",
        nothing,
        at("/docs/"),
        {
            "en": "Connect to your customers’ energy data",
            "es": "Conéctese a los datos de energía de sus clientes",
        },
        ("nav.docs__nav", "#addresses"),
    ),
    MapPage(
        "docs-scope",
        nothing,
        at("/docs/scopes/usage_data/"),
        {"en": "usage_data", "es": "usage_data"},
        ("pre.code",),
    ),
    MapPage("docs-errors", nothing, at("/docs/errors/"), {"en": "Errors", "es": "Errores"}, ("#of-oauth",)),
    MapPage(
        "docs-api",
        nothing,
        at("/docs/api/"),
        {"en": "API reference", "es": "Referencia de la API"},
        ("#usage_data",),
    ),
    MapPage(
        "docs-sandbox",
        nothing,
        at("/docs/sandbox/"),
        {"en": "Try it on the demo", "es": "Pruébelo con la demostración"},
        ("#discover pre",),
    ),
)

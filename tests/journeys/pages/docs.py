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
        "docs-guide",
        nothing,
        at("/docs/guide/"),
        {"en": "From nothing to data in ten commands", "es": "De cero a los datos en diez comandos"},
        ("#register pre", "#refresh pre"),
    ),
    MapPage(
        "docs-sandbox",
        nothing,
        at("/docs/sandbox/"),
        {"en": "Try it on the demo", "es": "Pruébelo con la demostración"},
        ("#discover pre",),
    ),
    MapPage(
        "docs-policy",
        nothing,
        at("/docs/policy/"),
        {"en": "What you may do with the data", "es": "Lo que puede hacer con los datos"},
        ("nav.docs__nav",),
    ),
    MapPage(
        "docs-terms",
        nothing,
        at("/docs/terms/"),
        {"en": "Terms for third parties", "es": "Condiciones para terceros"},
        ("nav.docs__nav",),
    ),
    MapPage(
        "docs-support",
        nothing,
        at("/docs/support/"),
        {"en": "Help for third parties", "es": "Ayuda para terceros"},
        ("nav.docs__nav",),
    ),
    MapPage(
        "docs-test-accounts",
        nothing,
        at("/docs/test-accounts/"),
        {"en": "Test customers", "es": "Clientes de prueba"},
        ("nav.docs__nav",),
    ),
)

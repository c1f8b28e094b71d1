"""The pages of the map, area by area: each module has its PAGES."""

import importlib
import pkgutil

from tests.journeys.pages.base import MapPage


def every_page() -> list[MapPage]:
    """In the order of areas and of each area's own list. Raises ValueError where two share a name."""
    modules = [info.name for info in pkgutil.iter_modules(__path__) if info.name != "base"]
    pages = [page for name in sorted(modules) for page in importlib.import_module(f"{__name__}.{name}").PAGES]
    names = [page.name for page in pages]
    if twice := {name for name in names if names.count(name) > 1}:
        raise ValueError(f"two pages are called {sorted(twice)}")
    return pages

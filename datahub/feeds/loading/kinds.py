"""Every kind of feed by name, from the files of `datahub/feeds/kinds`."""

from collections.abc import Iterable
from importlib import import_module

from django.core.exceptions import ImproperlyConfigured

from datahub.feeds.kinds import KIND_NAMES
from datahub.feeds.loading.kind import Kind
from datahub.models.feeds import KIND_TITLES


def declared(names: Iterable[str]) -> dict[str, Kind]:
    """Raises ImproperlyConfigured, at import, for a file that declares no kind of its name."""
    kinds = {}
    for name in names:
        kind = getattr(import_module(f"datahub.feeds.kinds.{name}"), "KIND", None)
        if not isinstance(kind, Kind) or kind.name != name:
            raise ImproperlyConfigured(f"datahub/feeds/kinds/{name}.py: a KIND named {name} is needed")
        kinds[name] = kind
    return kinds


KINDS = declared(sorted(KIND_NAMES))
KIND_TITLES.update({kind.name: kind.title for kind in KINDS.values()})

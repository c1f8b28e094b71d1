"""Every resource, in the order of the scopes that open them: each file of this folder that is no part of the machinery
declares the `RESOURCE` that it is named like.
"""

from collections.abc import Iterable

from django.core.exceptions import ImproperlyConfigured

import datahub.resources
from cdsc_portal.lib.runtime.declarations import declared, file_names
from consent.scopes.base import Scope
from consent.scopes.catalogue import SCOPES
from datahub.resources.base import Resource

_MACHINERY = {
    "admin", "affected_disclosures", "base", "fields", "link_history", "registry",
}  # fmt: skip


def registered(resources: Iterable[Resource], scopes: Iterable[Scope]) -> dict[str, Resource]:
    """By name. Raises ImproperlyConfigured, at import, unless scopes open exactly the resources that there are."""
    resources = list(resources)
    names: set[str] = set()
    for resource in resources:
        for part in (resource, *resource.files):
            if part.name in names:
                raise ImproperlyConfigured(f"two addresses have the name {part.name}")
            names.add(part.name)
    opened = list(dict.fromkeys(name for scope in scopes for name in scope.opens))
    served = {resource.opened_as for resource in resources}
    if missing := set(opened) - served:
        raise ImproperlyConfigured(
            f"scopes open {', '.join(sorted(missing))}: no such resource is registered"
        )
    if closed := served.difference(opened):
        raise ImproperlyConfigured(f"no scope opens the resource {', '.join(sorted(closed))}")
    resources.sort(key=lambda resource: (opened.index(resource.opened_as), resource.part_of is not None))
    return {resource.name: resource for resource in resources}


_FILES = file_names(datahub.resources.__path__, aside=_MACHINERY)
RESOURCES = registered(
    declared("datahub.resources", _FILES, "RESOURCE", Resource, lambda resource: resource.name).values(),
    SCOPES.values(),
)

"""Every scope, in the order of the pages: each other file of this folder declares the `SCOPE` that it is named like."""

from collections.abc import Mapping
from functools import lru_cache

import consent.scopes
from cdsc_portal.lib.runtime.declarations import declared, file_names
from consent.scopes.base import Scope

_FILES = file_names(consent.scopes.__path__, aside={"base", "catalogue", "fields", "offer_types"})
_declared = declared("consent.scopes", _FILES, "SCOPE", Scope, lambda scope: scope.id)
SCOPES = dict(sorted(_declared.items(), key=lambda item: item[1].place))


def scope_named(name: str) -> Scope | None:
    """The scope that a request calls `name`, with or without the `customer_` prefix; None if there is none.

    `usage_data.year` names `usage_data`: a further offer of it, with limits of its own (R-09).
    """
    of_type, _dot, _further = name.partition(".")
    return SCOPES.get(of_type) or next((scope for scope in SCOPES.values() if name in scope.aliases), None)


def offer_named(name: str) -> str:
    """The id of the offer that a request calls `name`: an alias means the scope's first offer."""
    scope = scope_named(name)
    return scope.id if scope and name in scope.names else name


def is_offered(scope: Scope, role: str) -> bool:
    """Whether a utility of this role offers it; one that only distributes knows no suppliers."""
    return role == "full" or not scope.needs_supply


@lru_cache(maxsize=4096)  # read on every call, and a server sees few different ones
def offered_among(names: str, role: str) -> Mapping[str, Scope]:
    """The scopes that the scope text of a token names and a utility of this role offers, by id."""
    named = filter(None, map(scope_named, names.split()))
    return {scope.id: scope for scope in named if is_offered(scope, role)}


def offered_scopes(role: str) -> tuple[Scope, ...]:
    """What a utility of this role offers."""
    return tuple(scope for scope in SCOPES.values() if is_offered(scope, role))

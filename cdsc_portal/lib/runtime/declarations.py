"""What the files of a folder declare, so that a new file needs no line in a list."""

from collections.abc import Callable, Iterable
from importlib import import_module
from pkgutil import iter_modules
from typing import TypeVar

from django.core.exceptions import ImproperlyConfigured

Declaration = TypeVar("Declaration")


def file_names(path: Iterable[str], *, aside: Iterable[str] = ()) -> frozenset[str]:
    """The modules at the `__path__` of a package, without those `aside`; none is imported."""
    return frozenset(module.name for module in iter_modules(path)) - frozenset(aside)


def declared(
    package: str,
    names: Iterable[str],
    constant: str,
    kind: type[Declaration],
    name_of: Callable[[Declaration], str],
) -> dict[str, Declaration]:
    """The `constant` of each of these modules of the package, by the module's name, sorted.

    Raises ImproperlyConfigured, with the file, unless it declares one of its `kind` and named like the file.
    """
    declarations = {}
    for name in sorted(names):
        declaration = getattr(import_module(f"{package}.{name}"), constant, None)
        if not isinstance(declaration, kind) or name_of(declaration) != name:
            file = f"{package}.{name}".replace(".", "/")
            raise ImproperlyConfigured(f"{file}.py: a {constant} named {name} is needed")
        declarations[name] = declaration
    return declarations

"""The kinds of feed: a file of this folder each, named like its kind, with a `KIND`.

KIND_NAMES imports none of them: formats, which are pure, read it, while the loaders of kinds use the database.
"""

from pkgutil import iter_modules

KIND_NAMES = frozenset(module.name for module in iter_modules(__path__))

"""The kinds of feed: a file of this folder each, named like its kind, with a `KIND`.

Which there are can be asked without importing them: formats are pure, what loads a kind is not.
"""

from pkgutil import iter_modules

KIND_NAMES = frozenset(module.name for module in iter_modules(__path__))

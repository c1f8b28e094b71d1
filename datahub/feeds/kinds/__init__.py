"""The kinds of feed: a file of this folder each, named like its kind, with a `KIND`.

KIND_NAMES imports none of them: formats, which are pure, read it, while the loaders of kinds use the database.
"""

from cdsc_portal.lib.runtime.declarations import file_names

KIND_NAMES = file_names(__path__)

"""Reads the list of static files once a process: each browser of a test makes middleware of its own, which would read
it anew. That is two hundred files, 20 ms, for nearly every test that asks for a page.
"""

from typing import Any

from whitenoise.middleware import WhiteNoiseMiddleware

_add_files_from_finders = WhiteNoiseMiddleware.add_files_from_finders
_files: dict[str, Any] = {}  # by address, as the middleware keeps them


def add_cached_files(middleware: WhiteNoiseMiddleware) -> None:
    """What `add_files_from_finders` adds, from memory but for the first time."""
    if not _files:
        _add_files_from_finders(middleware)
        _files.update(middleware.files)
    middleware.files.update(_files)

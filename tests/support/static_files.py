"""Looks for the static files once a process: each browser of a test makes middleware of its own, which would look anew.

That is a look at two hundred files, 20 ms, for nearly every test that asks for a page.
"""

from typing import Any

from whitenoise.middleware import WhiteNoiseMiddleware

_look = WhiteNoiseMiddleware.add_files_from_finders
_found: dict[str, Any] = {}  # by address, as the middleware keeps them


def add_what_was_found(middleware: WhiteNoiseMiddleware) -> None:
    """What `add_files_from_finders` adds, from memory but for the first time."""
    if not _found:
        _look(middleware)
        _found.update(middleware.files)
    middleware.files.update(_found)

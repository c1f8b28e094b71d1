"""Settings of the C library's memory allocator for processes that load files."""

import ctypes

_TRIM_THRESHOLD, _MMAP_THRESHOLD, _ARENA_MAX = -1, -3, -8  # what glibc's mallopt calls them
_SETTINGS = {_ARENA_MAX: 1, _MMAP_THRESHOLD: 32 << 20, _TRIM_THRESHOLD: 256 << 20}


def limit_arenas() -> None:
    """Let all threads allocate from one arena, which returns memory to the system above 256 MB only.

    Call it before threads start: otherwise each thread gets an arena of its own and keeps it. With glibc's defaults,
    arrays of megabytes that come and go by the dozen are mapped and unmapped each time, and the kernel fills each page
    with zeros. Does nothing where the C library is not glibc.
    """
    library = ctypes.CDLL(None)
    if hasattr(library, "mallopt"):
        for name, size in _SETTINGS.items():
            library.mallopt(name, size)

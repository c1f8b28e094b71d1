"""Memory of large arrays: one pool for all threads of a process, from which it goes back to the system late."""

import ctypes

_TRIM_THRESHOLD, _MMAP_THRESHOLD, _ARENA_MAX = -1, -3, -8  # what glibc's mallopt calls them
_POOL = {_ARENA_MAX: 1, _MMAP_THRESHOLD: 32 << 20, _TRIM_THRESHOLD: 256 << 20}


def share_memory() -> None:
    """Call it before there are threads: each has else a pool of its own, and keeps it.

    Arrays of megabytes that come and go by the dozen are else mapped and unmapped each time, and the system fills each
    page with zeros: up to a third of the time that reading a file takes. Does nothing where the C library is another.
    """
    library = ctypes.CDLL(None)
    if hasattr(library, "mallopt"):
        for name, size in _POOL.items():
            library.mallopt(name, size)

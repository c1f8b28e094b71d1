"""Work in a process of its own, with what it took: memory and time of a test beside it do not count."""

import os
import resource
import time
from collections.abc import Callable

MOST_MEMORY = 300 << 20  # bytes that a reader may take


def in_a_child(work: Callable[[], int]) -> tuple[int, int, float]:
    """(what `work` returned or 99, bytes that it took beyond what the child began with, seconds)."""
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        try:
            before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
            began = time.monotonic()
            outcome = work()
            took = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) << 10
            os.write(writing, f"{outcome} {took} {time.monotonic() - began}".encode())
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as answer:
        answered = answer.read().split()
    os.waitpid(child, 0)
    return (int(answered[0]), int(answered[1]), float(answered[2])) if answered else (99, 0, 0.0)

"""The authorization server's document, beside a view that sends as many bytes which are ready."""

import statistics
from collections.abc import Iterator, Mapping

from django.test import Client as Http

from benchmarks import server
from benchmarks.measure import Figure, at_least

ADDRESS = "/.well-known/oauth-authorization-server"
_ROUNDS, _CALLS = 7, 120  # the first round is not counted


def figures() -> Iterator[Figure]:
    """Over HTTP, nothing changed: the whole document, and the 304 of who has it."""
    document = Http().get(ADDRESS)
    size, known = len(document.content), {"If-None-Match": document["ETag"]}
    with server.running() as port:
        for name, headers, status, yardstick, goal in (
            (
                f"authorization server metadata over HTTP / {size} ready bytes",
                {},
                200,
                f"/bare?size={size}",
                0.5,
            ),
            ("the same with If-None-Match / an empty answer", known, 304, "/bare?size=0", 0.6),
        ):
            value, ready = _seconds_a_call(port, headers, status, yardstick)
            yield at_least(name, "calls/s", 1 / value, 1 / ready, goal)


def _seconds_a_call(
    port: int, headers: Mapping[str, str], status: int, yardstick: str
) -> tuple[float, float]:
    """Seconds a call of the document and of the yardstick, in turn: the median of the rounds."""
    times: list[list[float]] = [[], []]
    for _ in range(_ROUNDS):
        times[0].append(server.seconds_a_call(port, ADDRESS, headers, status=status, calls=_CALLS))
        times[1].append(server.seconds_a_call(port, yardstick, {}, status=200, calls=_CALLS))
    value, ready = (statistics.median(taken[1:]) for taken in times)
    return value, ready

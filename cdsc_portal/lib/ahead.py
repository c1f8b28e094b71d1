"""Making the next of something while the last is being used."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")


def ahead(items: Iterator[Item]) -> Iterator[Item]:
    """The same, each made in a thread of its own while the one before is used; none may be None.

    It pays where both sides mostly wait or let the interpreter go, as numpy does. What `items` raises comes out in its
    turn; whoever stops early waits for the item that is being made.
    """
    with ThreadPoolExecutor(max_workers=1) as maker:
        coming = maker.submit(next, items, None)
        while (item := coming.result()) is not None:
            coming = maker.submit(next, items, None)
            yield item

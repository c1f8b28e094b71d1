"""Making the next of something while the last is being used."""

from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")


def prefetch(items: Generator[Item, None, None]) -> Generator[Item, None, None]:
    """The same, each made in a thread of its own while the one before is used; none may be None.

    It pays where both sides mostly wait or let the interpreter go, as numpy does. What `items` raises comes out in its
    turn; whoever stops early waits for the item that is being made. In that thread `items` also ends, so that what it
    holds of the thread's own, like a database session, is given back there.
    """
    with ThreadPoolExecutor(max_workers=1) as maker:
        try:
            coming = maker.submit(next, items, None)
            while (item := coming.result()) is not None:
                coming = maker.submit(next, items, None)
                yield item
        finally:
            maker.submit(items.close)

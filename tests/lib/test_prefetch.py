"""The next item is made while the last is used, and nothing else changes."""

import threading
from contextlib import closing

import pytest

from cdsc_portal.lib.runtime.prefetch import prefetch


def test_items_come_in_their_order_from_another_thread():
    makers = set()

    def items():
        for number in range(5):
            makers.add(threading.get_ident())
            yield number

    assert list(prefetch(items())) == [0, 1, 2, 3, 4]
    assert threading.get_ident() not in makers


def test_the_next_is_made_before_it_is_asked_for():
    made = threading.Event()

    def items():
        yield "first"
        made.set()
        yield "second"

    coming = prefetch(items())

    assert next(coming) == "first"
    assert made.wait(timeout=120)


def test_what_goes_wrong_comes_out_in_its_turn():
    def items():
        yield 1
        raise ValueError("the second is broken")

    coming = prefetch(items())

    assert next(coming) == 1
    with pytest.raises(ValueError, match="the second is broken"):
        next(coming)


def test_whoever_stops_early_leaves_no_thread_behind():
    before = threading.active_count()
    coming = prefetch(number for number in range(1000))
    next(coming)

    coming.close()

    assert threading.active_count() == before


@pytest.mark.parametrize("taken", [1, 9], ids=["of one that stops early", "of one that takes all"])
def test_items_end_in_the_thread_that_made_them(taken):
    began, ended = [], []

    def items():
        began.append(threading.get_ident())
        try:
            yield from range(3)
        finally:
            ended.append(threading.get_ident())

    with closing(prefetch(items())) as coming:
        for _ in zip(range(taken), coming, strict=False):
            pass

    assert ended == began

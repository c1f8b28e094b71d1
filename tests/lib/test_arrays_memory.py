"""Threads that make large arrays share one pool; a process of its own, on Linux with glibc, counts its pools."""

import ctypes
import subprocess
import sys

import pytest

from cdsc_portal.lib.arrays_memory import share_memory

COUNTED = """
import ctypes, os, sys, threading
if sys.argv[1] == "shared":
    from cdsc_portal.lib.arrays_memory import share_memory
    share_memory()
started, done = threading.Barrier(5), threading.Barrier(5)
libc = ctypes.CDLL(None)
libc.malloc.restype, libc.malloc.argtypes = ctypes.c_void_p, [ctypes.c_size_t]
def work():
    started.wait()
    libc.malloc(1 << 16)
    done.wait()
threads = [threading.Thread(target=work) for _ in range(4)]
for thread in threads:
    thread.start()
started.wait()
done.wait()
libc.fopen.restype, libc.malloc_info.argtypes = ctypes.c_void_p, [ctypes.c_int, ctypes.c_void_p]
file = libc.fopen(b"/dev/stdout", b"w")
libc.malloc_info(0, file)
libc.fflush(None)
"""


@pytest.mark.parametrize(("how", "one"), [("shared", True), ("apart", False)])
def test_threads_have_one_pool_where_it_is_shared(how, one):
    said = subprocess.run([sys.executable, "-c", COUNTED, how], capture_output=True, text=True, check=True)

    assert (said.stdout.count("<heap ") == 1) == one


def test_another_c_library_is_left_as_it_is(monkeypatch):
    monkeypatch.setattr(ctypes, "CDLL", lambda _name: object())

    share_memory()

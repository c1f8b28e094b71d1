"""Processes that load files limit the allocator to one arena, counted in processes of their own on Linux with glibc."""

import ctypes
import os
import subprocess
import sys

from cdsc_portal.lib.runtime.malloc import limit_arenas

COUNT_ARENAS = """
import ctypes, threading
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
LIMITED = "from cdsc_portal.lib.runtime.malloc import limit_arenas; limit_arenas()"
WEB = "import cdsc_portal.wsgi"
WORKER = "from celery.signals import worker_init; import cdsc_portal.celery; worker_init.send(sender=None)"


def arenas(start):
    """How many arenas a process has whose four threads allocate after `start`."""
    environment = os.environ | {
        "DEVELOPMENT": "1",
        "DJANGO_SETTINGS_MODULE": "cdsc_portal.settings",
        "DATABASE_URL": "postgres://nobody@127.0.0.1/none",  # so that it starts no server; it connects to none
    }
    process = [sys.executable, "-c", start + COUNT_ARENAS]
    report = subprocess.run(process, env=environment, capture_output=True, text=True, check=True).stdout
    return report.count("<heap ")


def test_threads_share_one_arena_where_it_is_limited():
    assert arenas("") > 1
    assert arenas(LIMITED) == 1


def test_a_worker_limits_its_arenas():
    assert arenas(WORKER) == 1


def test_a_web_process_keeps_the_defaults_of_the_allocator():
    assert arenas(WEB) > 1


def test_another_c_library_is_left_as_it_is(monkeypatch):
    monkeypatch.setattr(ctypes, "CDLL", lambda _name: object())

    limit_arenas()

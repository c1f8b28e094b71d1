"""How the web server runs: `gunicorn --config python:cdsc_portal.gunicorn_config`, in production, demo and tests alike.

Threads, since a download lasts as long as its reader wants: a slow reader keeps a thread, not a process, and is no dead
worker. What it has not taken yet waits in the socket, so sockets are small: a stop cannot call back what is in one.
"""

import os
import shutil
import socket
import struct
import tempfile
from typing import Any

from cdsc_portal import logs
from cdsc_portal.env import read_or_end

_ENV = read_or_end()
_COUNTS = (
    "PROMETHEUS_MULTIPROC_DIR"  # the library's name of the folder in which processes leave what they count
)
_SOCKET_BYTES = 128 * 1024  # Linux doubles it for its own bookkeeping

logconfig_dict = logs.configure(development=_ENV.development)
wsgi_app = "cdsc_portal.wsgi"
worker_class = "gthread"
workers = _ENV.web_processes
threads = _ENV.web_threads
timeout = 120  # of a process that answers nothing at all any more; no limit for a call or a download
# longer than a proxy keeps a connection (deploy/nginx: 30 s), or a call meets one that closes just then
keepalive = 60
graceful_timeout = 30  # after SIGTERM, for what is being sent
limit_request_line = (
    0  # the portal says what to do with a request too long (RFC 9126); the proxy bounds lines
)


def on_starting(server: Any) -> None:
    """Counts (`cdsc_portal.lib.runtime.counters`) begin at 0, in a folder of this server alone."""
    os.environ[_COUNTS] = tempfile.mkdtemp(prefix="cdsc-counts-")


def on_exit(server: Any) -> None:
    shutil.rmtree(os.environ[_COUNTS], ignore_errors=True)


def when_ready(server: Any) -> None:
    """Connections take these from the socket that accepts them."""
    for listener in server.LISTENERS:
        listener.sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SOCKET_BYTES)
        # a reader that takes nothing for so long is cut off
        stalled = struct.pack("ll", _ENV.stream_stall_seconds, 0)
        listener.sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, stalled)

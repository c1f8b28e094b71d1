"""Downloads of a running server: a slow reader gets all of it, many stop nobody, and each gives its place back."""

import re
import socket
import time
from contextlib import ExitStack, contextmanager
from datetime import date

import pytest
import requests

from cdsc_portal.lib.time import clock
from consent.models import Actor
from consent.services.revoke import revoke_grant
from tests.consent.api.reader import Reader
from tests.factories.accounts import household
from tests.factories.consent import ReceiptFactory
from tests.factories.feeds import load_days
from tests.web.server import OVER_TLS, running_server

DAYS = 500
TIMEOUT = 2  # seconds, of the server's process
_CALL = "GET /usage_data/file HTTP/1.0\r\nAccept: text/csv\r\n"


@pytest.fixture
def reader(transactional_db):
    home, reader = household(), Reader()
    load_days(home.meter, date(2025, 3, 1), DAYS, value=123456)
    reader.granted(home.contract)
    ReceiptFactory(grant=reader.grant)
    return reader


@contextmanager
def download(port, reader):
    """A call of which nothing but the head was read; its socket holds little."""
    with socket.socket() as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16 * 1024)
        connection.settimeout(30)
        connection.connect(("127.0.0.1", port))
        headers = {**OVER_TLS, **reader.bearer}
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        connection.sendall(f"{_CALL}{lines}\r\n".encode())
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            head += connection.recv(1)
        yield int(head.split()[1]), head.decode(), connection


def rest(connection, pause=0.0):
    """What else comes, at 32 kB a `pause` of seconds."""
    taken = bytearray()
    while piece := connection.recv(32 * 1024):
        taken += piece
        time.sleep(pause)
    return bytes(taken)


def first_free(port, reader, seconds=20):
    """The status of a new download, asked for again while all places are taken."""
    end = time.monotonic() + seconds
    while True:
        with download(port, reader) as (status, _, _):
            if status != 429 or time.monotonic() > end:
                return status
        time.sleep(0.2)


def test_a_slow_reader_gets_his_file_and_twenty_stop_nobody(reader, tmp_path):
    options = {"WEB_PROCESSES": "2", "WEB_THREADS": "30", "STREAMS_PER_CLIENT": "20"}
    with running_server(tmp_path, "--timeout", str(TIMEOUT), **options) as port, ExitStack() as readers:
        slow = [readers.enter_context(download(port, reader)) for _ in range(20)]
        assert [status for status, _, _ in slow] == [200] * 20

        began = time.monotonic()
        for _ in range(5):
            answer = requests.get(
                f"http://127.0.0.1:{port}/usage_sums", headers={**OVER_TLS, **reader.bearer}, timeout=20
            )
            assert answer.status_code == 200
        assert time.monotonic() - began < 10
        with download(port, reader) as (status, head, connection):
            assert status == 429
            assert re.search(r"^Retry-After: \d+\r$", head, re.MULTILINE)
            assert b'"code":"too_many_streams"' in rest(connection)

        began = time.monotonic()
        text = rest(slow[0][2], pause=0.03)
        assert time.monotonic() - began > 2 * TIMEOUT
        assert text.endswith(b"# complete: %d lines\n" % (DAYS * 96))
        slow[1][2].close()  # and another one goes
        assert first_free(port, reader) == 200


@pytest.mark.spec("X-14")
def test_a_stop_reaches_who_reads_slowly_and_who_takes_nothing_is_cut_off(reader, tmp_path):
    options = {"STREAM_STALL_SECONDS": "2", "STREAMS_PER_CLIENT": "1"}
    with running_server(tmp_path, **options) as port:
        with download(port, reader) as (status, _, _):
            assert status == 200
            assert first_free(port, reader) == 200, "its place is held by who takes nothing"

        with download(port, reader) as (status, _, connection):
            assert status == 200
            revoke_grant(grant=reader.grant, by=None, actor=Actor.LINK, at=clock.now())
            late = rest(connection, pause=0.01)

    assert len(late) < 1_000_000
    assert b"# complete" not in late

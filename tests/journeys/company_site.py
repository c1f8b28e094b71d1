"""A company's website for the journeys: a real server, so that a browser arrives there as it does anywhere."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import urlsplit

_PATH = "/callback"


@dataclass(frozen=True, slots=True)
class CompanySite:
    """Answers "Welcome back" at `callback`; `called` has the addresses it was called at, the latest last."""

    origin: str
    called: list[str] = field(default_factory=list)

    @property
    def callback(self) -> str:
        return f"{self.origin}{_PATH}"

    @property
    def host(self) -> str:
        return urlsplit(self.origin).netloc


class _Pages(BaseHTTPRequestHandler):
    def __init__(self, called: list[str], *arguments: object) -> None:
        self.called = called
        super().__init__(*arguments)

    def do_GET(self) -> None:
        if urlsplit(self.path).path != _PATH:  # an icon, say
            self.send_error(404)
            return
        self.called.append(f"http://{self.headers['Host']}{self.path}")
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(b"<title>Back</title><p>Welcome back</p>")

    def log_message(self, *_words: object) -> None:
        """Say nothing: request lines hold codes."""


@contextmanager
def open_site() -> Iterator[CompanySite]:
    """A site on a free port of this machine: another site than the portal's, which is "localhost" to browsers."""
    called: list[str] = []
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Pages, called)) as server:
        Thread(target=server.serve_forever, args=[0.01], daemon=True).start()
        yield CompanySite(f"http://127.0.0.1:{server.server_port}", called)
        server.shutdown()

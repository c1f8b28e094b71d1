"""A file behind an address: fetched when its server says it changed."""

import base64
import hashlib
import re
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException, HTTPMessage, HTTPResponse
from tempfile import TemporaryFile
from typing import IO, NamedTuple
from urllib.parse import unquote, urljoin, urlsplit

from django.conf import settings

from cdsc_portal.lib.http.public_connections import connected, is_named
from datahub.feeds.sources.base import (
    Collected,
    SourceProblemError,
    is_printable,
    secret_of,
    spool_into,
    start,
    too_large,
)
from datahub.models import FeedSource

_REDIRECTS = {301, 302, 303, 307, 308}
_MOST_REDIRECTS = 5
_PORTS = {"http": 80, "https": 443}
_SENDABLE = re.compile(r"[\x21-\x7e]+")


class _Location(NamedTuple):
    """The parts of an address; `target` is path and query."""

    scheme: str
    host: str
    port: int
    target: str

    @property
    def origin(self) -> tuple[str, str, int]:
        return self[:3]

    @property
    def authority(self) -> str:
        """As the Host header has it."""
        host = _bracketed(self.host)
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"


def collect_https(source: FeedSource, *, at: datetime) -> Collected:
    """Fetch the file unless it is the same as at the last look; by ETag, else by Last-Modified, else by its hash.

    Raises SourceProblemError, which names host and reason and neither secret nor query string.
    """
    with TemporaryFile(dir=settings.VAR_DIR) as file:
        headers = _fetch(place_of(source.address), _request_headers(source), file)
        if headers is None:
            return Collected()
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        file.seek(0)
        run = None
        if sha256 != source.last_sha256:
            name = unquote(urlsplit(source.address).path).rpartition("/")[2]
            run = start(
                source,
                file,
                name=name if is_printable(name) else source.feed.name,
                version_at=_modified(headers, default=at),
                at=at,
            )
    source.etag = _validator(headers.get("ETag"), 300)
    source.last_modified = _validator(headers.get("Last-Modified"), 100)
    source.last_sha256 = sha256
    return Collected(run)


def place_of(address: str, *, is_redirect: bool = False) -> _Location:
    """Raises SourceProblemError: no http(s) address, one with a user or password in it, or plain http to a host
    that FEED_PULL_HOSTS does not name; a redirect must lead to https.
    """
    try:
        parts = urlsplit(address)
        host, port = parts.hostname or "", parts.port
    except ValueError as error:
        raise SourceProblemError("that is no address") from error
    if parts.scheme not in _PORTS or not host or not _SENDABLE.fullmatch(address):
        raise SourceProblemError("the address must be https://host/path")
    if parts.username is not None or parts.password is not None:
        raise SourceProblemError("no user or password belongs in the address")
    if parts.scheme == "http" and is_redirect:
        raise SourceProblemError(f"it redirects to plain http on {host}")
    if parts.scheme == "http" and not is_named(host):
        raise SourceProblemError(f"plain http is only for hosts that FEED_PULL_HOSTS names, {host} is none")
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return _Location(parts.scheme, host, port or _PORTS[parts.scheme], target)


def _request_headers(source: FeedSource) -> dict[str, str]:
    headers = {"Accept-Encoding": "identity", "User-Agent": "cdsc-portal"}
    if source.etag:
        headers["If-None-Match"] = source.etag
    if source.last_modified:
        headers["If-Modified-Since"] = source.last_modified
    secret = secret_of(source)
    if source.user_name:
        pair = f"{source.user_name}:{secret}".encode()
        headers["Authorization"] = f"Basic {base64.b64encode(pair).decode()}"
    elif secret:
        if not _SENDABLE.fullmatch(secret):
            raise SourceProblemError(f"{source.secret_name} holds what no header can carry")
        headers["Authorization"] = f"Bearer {secret}"
    return headers


def _fetch(place: _Location, headers: Mapping[str, str], file: IO[bytes]) -> HTTPMessage | None:
    """Write the content into `file`; returns the response's headers, after redirects; None where nothing changed.

    The secret goes to the first origin only.
    """
    sent, origin = dict(headers), place.origin
    for _hop in range(_MOST_REDIRECTS + 1):
        with _response(place, sent) as response:
            if response.status == HTTPStatus.NOT_MODIFIED:
                return None
            if response.status == HTTPStatus.OK:
                _copy(response, file, place.host)
                return response.headers
            if response.status not in _REDIRECTS:
                phrase = {status.value: status.phrase for status in HTTPStatus}.get(response.status, "")
                raise SourceProblemError(f"{place.host} answers {response.status} {phrase}".strip())
            target = response.headers.get("Location", "")
        base = f"{place.scheme}://{_bracketed(place.host)}:{place.port}{place.target}"
        try:
            place = place_of(urljoin(base, target), is_redirect=True)
        except ValueError as error:
            raise SourceProblemError(f"{place.host} redirects to what is no address") from error
        if place.origin != origin:
            sent.pop("Authorization", None)
    raise SourceProblemError(f"{place.host} redirects more than {_MOST_REDIRECTS} times")


@contextmanager
def _response(place: _Location, headers: Mapping[str, str]) -> Iterator[HTTPResponse]:
    """The response of one server. Errors are in our words: a library's may repeat the address."""
    connection = HTTPConnection(place.host, place.port)
    connection.sock = connected(place.host, place.port)
    try:
        if place.scheme == "https":
            context = ssl.create_default_context()
            connection.sock = context.wrap_socket(connection.sock, server_hostname=place.host)
        connection.request("GET", place.target, headers={"Host": place.authority, **headers})
        yield connection.getresponse()
    except ssl.SSLCertVerificationError as error:
        raise SourceProblemError(f"the certificate of {place.host}: {error.verify_message}") from None
    except TimeoutError:
        raise SourceProblemError(f"{place.host} went silent") from None
    except (OSError, HTTPException) as error:
        raise SourceProblemError(
            f"the connection to {place.host} broke off ({type(error).__name__})"
        ) from None
    finally:
        connection.close()


def _copy(response: HTTPResponse, file: IO[bytes], host: str) -> None:
    if response.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise SourceProblemError(f"{host} sends the file in an encoding nobody asked for")
    expected = response.length  # None where the server does not say
    if expected is not None and expected > settings.FEED_FILE_MEGABYTES << 20:
        raise too_large()
    size = spool_into(file, response.read1)  # returns what has come, so that the time is checked meanwhile
    if expected is not None and size != expected:
        raise SourceProblemError(f"{host} sent {size} of {expected} bytes")
    if not size:
        raise SourceProblemError(f"{host} sent an empty file")


def _modified(headers: HTTPMessage, *, default: datetime) -> datetime:
    """The file's own time, if its server states one."""
    try:
        modified = parsedate_to_datetime(headers["Last-Modified"]) if "Last-Modified" in headers else default
    except ValueError:
        return default
    return modified if modified.tzinfo else modified.replace(tzinfo=UTC)


def _validator(header: str | None, most: int) -> str:
    """The header as it came, or none: a part of it would never match."""
    return header if header and len(header) <= most and header.isprintable() and header.isascii() else ""


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host

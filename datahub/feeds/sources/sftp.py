"""A folder of an SFTP server: its files are taken once each and left where they are. Needs the extra `sftp`."""

import base64
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from io import StringIO
from tempfile import TemporaryFile
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from django.conf import settings

from cdsc_portal.lib.http.public_connections import TIMEOUT, connected
from datahub.feeds.sources.base import (
    Collected,
    Listed,
    SourceProblemError,
    is_speakable,
    secret_of,
    spool_into,
    take,
    too_large,
)
from datahub.feeds.sources.settling import look_over
from datahub.models import FeedRun, FeedSource

if TYPE_CHECKING:
    import paramiko

_PORT = 22


def collect_sftp(source: FeedSource, *, at: datetime) -> Collected:
    """Take what is whole; a file is known by name, size and time. Raises SourceProblemError."""
    library = _library()
    host, port, folder = place_of(source.address)
    problems: list[str] = []
    last_run: FeedRun | None = None
    with _session(library, source, host, port) as sftp:
        sight = look_over(source, _listed(sftp, folder, problems))
        for one in sight.ready:
            with TemporaryFile(dir=settings.VAR_DIR) as file:
                try:
                    _copy(sftp, folder, one, file)
                except (PermissionError, FileNotFoundError) as error:
                    problems.append(f"{one.name}: {error.strerror or 'not readable'}")
                    continue
                last_run = take(source, one, file, at=at)
    return Collected(last_run, sight.is_settling, tuple(problems))


def place_of(address: str) -> tuple[str, int, str]:
    """Host, port and folder. Raises SourceProblemError: not sftp://host/folder, or a user or password in it."""
    try:
        parts = urlsplit(address)
        host, port = parts.hostname or "", parts.port or _PORT
    except ValueError as error:
        raise SourceProblemError("that is no address") from error
    if parts.scheme != "sftp" or not host or parts.query or parts.fragment:
        raise SourceProblemError("the address must be sftp://host/folder")
    if parts.username is not None or parts.password is not None:
        raise SourceProblemError("no user or password belongs in the address")
    return host, port, unquote(parts.path) or "/"


def _library() -> Any:
    try:
        import paramiko
    except ImportError as error:
        raise SourceProblemError("SFTP needs the extra `sftp`: install cdsc-portal[sftp]") from error
    return paramiko


@contextmanager
def _session(library: Any, source: FeedSource, host: str, port: int) -> "Iterator[paramiko.SFTPClient]":
    """Logged in at the server whose key is known: any other one learns neither user nor secret."""
    secret, expected = secret_of(source), host_key(source.host_key)
    if not secret:
        raise SourceProblemError("name the environment variable that holds the password or private key")
    transport = library.Transport(connected(host, port))
    transport.banner_timeout = transport.auth_timeout = transport.handshake_timeout = TIMEOUT
    try:
        is_key = secret.lstrip().startswith("-----BEGIN")
        proof = {"pkey": _private_key(library, source, secret)} if is_key else {"password": secret}
        transport.connect(hostkey=expected, username=source.user_name, **proof)
        sftp = library.SFTPClient.from_transport(transport)
        sftp.get_channel().settimeout(TIMEOUT)
        yield sftp
    except library.AuthenticationException:
        raise SourceProblemError(f"{host} does not let {source.user_name or 'nobody'} in") from None
    except TimeoutError:
        raise SourceProblemError(f"{host} went silent") from None
    except (library.SSHException, EOFError, OSError) as error:
        raise SourceProblemError(_in_words(host, error)) from None
    finally:
        transport.close()


def _in_words(host: str, error: Exception) -> str:
    if "host key" in str(error).lower():
        return f"{host} shows another key than the one that is known: it may be somebody else"
    if isinstance(error, FileNotFoundError | PermissionError):
        return f"the folder on {host} cannot be read: {error.strerror}"
    return f"the connection to {host} broke off ({type(error).__name__})"


def host_key(text: str) -> "paramiko.PKey":
    """The key of `ssh-ed25519 AAAA...`, as ssh-keyscan prints it after the host. Raises SourceProblemError."""
    library = _library()
    kind, _, rest = text.strip().partition(" ")
    try:
        key: paramiko.PKey = library.PKey.from_type_string(
            kind, base64.b64decode(rest.partition(" ")[0], validate=True)
        )
    except Exception as error:  # whatever the library makes of a line that is no key
        raise SourceProblemError(
            "the server's public key must be known: one line, such as ssh-ed25519 AAAA..."
        ) from error
    return key


def _private_key(library: Any, source: FeedSource, secret: str) -> "paramiko.PKey":
    for kind in (library.Ed25519Key, library.ECDSAKey, library.RSAKey):
        try:
            key: paramiko.PKey = kind.from_private_key(StringIO(secret))
        except (library.SSHException, ValueError):
            continue
        return key
    raise SourceProblemError(f"{source.secret_name} holds no private key without a passphrase")


def _listed(sftp: "paramiko.SFTPClient", folder: str, problems: list[str]) -> list[Listed]:
    listed = []
    for entry in sftp.listdir_iter(folder):
        if entry.st_mode is None or not stat.S_ISREG(entry.st_mode) or entry.st_size is None:
            continue
        if "/" in entry.filename or not is_speakable(entry.filename):
            problems.append(f"{ascii(entry.filename)}: the name is not text")
        else:
            listed.append(Listed(entry.filename, entry.st_size, int(entry.st_mtime or 0) * 1_000_000_000))
    return listed


def _copy(sftp: "paramiko.SFTPClient", folder: str, one: Listed, file: Any) -> None:
    if one.size > settings.FEED_FILE_MEGABYTES << 20:
        raise too_large()
    with sftp.open(f"{folder.rstrip('/')}/{one.name}", "rb") as remote:
        remote.prefetch(one.size)
        size = spool_into(file, remote.read)
    if size != one.size:
        raise SourceProblemError(f"{one.name} changed while it was read")

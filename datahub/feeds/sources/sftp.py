"""A folder of an SFTP server: each file is taken once and stays where it is. Needs the extra `sftp`."""

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
    ListedFile,
    SourceProblemError,
    compare_with_last_look,
    is_printable,
    secret_of,
    spool_into,
    take,
    too_large,
)
from datahub.models import FeedRun, FeedSource

if TYPE_CHECKING:
    import paramiko

_PORT = 22


def collect_sftp(source: FeedSource, *, at: datetime) -> Collected:
    """Take complete files; a file is known by name, size and time. Raises SourceProblemError."""
    library = _library()
    host, port, folder = place_of(source.address)
    problems: list[str] = []
    last_run: FeedRun | None = None
    with _session(library, source, host, port) as sftp:
        complete, _taken, is_settling = compare_with_last_look(source, _listing(sftp, folder, problems))
        for listed in complete:
            with TemporaryFile(dir=settings.VAR_DIR) as file:
                try:
                    _copy(sftp, folder, listed, file)
                except (PermissionError, FileNotFoundError) as error:
                    problems.append(f"{listed.name}: {error.strerror or 'not readable'}")
                    continue
                last_run = take(source, listed, file, at=at)
    return Collected(last_run, is_settling, tuple(problems))


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
    """Logged in at the server whose key is known: any other server learns neither user nor secret."""
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
        problem = f"the connection to {host} broke off ({type(error).__name__})"
        if "host key" in str(error).lower():
            problem = f"{host} shows another key than the one that is known: it may be somebody else"
        elif isinstance(error, FileNotFoundError | PermissionError):
            problem = f"the folder on {host} cannot be read: {error.strerror}"
        raise SourceProblemError(problem) from None
    finally:
        transport.close()


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


def _listing(sftp: "paramiko.SFTPClient", folder: str, problems: list[str]) -> list[ListedFile]:
    listing = []
    for entry in sftp.listdir_iter(folder):
        if entry.st_mode is None or not stat.S_ISREG(entry.st_mode) or entry.st_size is None:
            continue
        if "/" in entry.filename or not is_printable(entry.filename):
            problems.append(f"{ascii(entry.filename)}: the name is not text")
        else:
            modified_ns = int(entry.st_mtime or 0) * 1_000_000_000
            listing.append(ListedFile(entry.filename, entry.st_size, modified_ns))
    return listing


def _copy(sftp: "paramiko.SFTPClient", folder: str, listed: ListedFile, file: Any) -> None:
    if listed.size > settings.FEED_FILE_MEGABYTES << 20:
        raise too_large()
    with sftp.open(f"{folder.rstrip('/')}/{listed.name}", "rb") as remote:
        remote.prefetch(listed.size)
        size = spool_into(file, remote.read)
    if size != listed.size:
        raise SourceProblemError(f"{listed.name} changed while it was read")

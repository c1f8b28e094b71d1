"""Settings come from the environment only: read once, typed, and refused by name when wrong.

Each value may instead be read from a file named by `<NAME>_FILE`, which is how secrets are mounted.
"""

import os
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

SHORTEST_KEY = 50  # characters of a secret key; what Django's own check asks for
_CANNOT_BOOT = 3  # the exit status after which gunicorn ends instead of starting the next worker
_FEWEST_LETTERS = 5  # different ones
_LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
_HOST = re.compile(r"[a-z0-9_-]+(\.[a-z0-9_-]+)*|\[[0-9a-f:.]+\]")
FEED_SECRET_NAME = re.compile(r"FEED_SECRET_[A-Z0-9_]+(?<!_FILE)")


class EnvironmentValueError(ValueError):
    """A variable has a value the server cannot run with; the message names it."""


@dataclass(frozen=True, slots=True)
class Environment:
    """What the environment says. `docs/operations.md` has a row for each field."""

    development: bool
    secret_keys: tuple[str, ...]
    allowed_hosts: tuple[str, ...]
    public_url: str
    database_url: str
    redis_url: str
    var_dir: Path
    time_zone: str
    utility_name: str
    utility_role: str
    support_url: str
    terms_url: str
    privacy_url: str
    mail_url: str
    mail_from: str
    access_hours_without_end: int
    request_starts_unticked: bool
    secure_proxy: bool
    oauth_calls_per_minute: int
    oauth_failures_per_minute: int
    feed_alert_to: tuple[str, ...]
    feed_alert_percent: int
    parked_readings_days: int
    readings_kept_years: int | None
    feed_folders: tuple[Path, ...]
    feed_pull_hosts: tuple[str, ...]
    feed_file_megabytes: int
    feed_calls_per_minute: int
    mix_open_to_clients: bool
    web_processes: int
    web_threads: int
    streams_per_client: int
    stream_stall_seconds: int
    session_hours: int
    staff_session_hours: int
    staff_idle_minutes: int
    staff_second_factor: bool
    oidc_name: str
    oidc_client_id: str
    oidc_client_secret: str
    oidc_server_url: str


def read(source: Mapping[str, str] = os.environ) -> Environment:
    """Parse `source`. Raises EnvironmentValueError naming the first variable that is wrong."""
    development = _flag(source, "DEVELOPMENT")
    if not development:
        _require(source)
    public_url = _url(source, "PUBLIC_URL", ("https", "http"), "http://127.0.0.1:8000").rstrip("/")
    return Environment(
        development=development,
        secret_keys=_secret_keys(source, development=development),
        allowed_hosts=_hosts(source, public_url, development=development),
        public_url=public_url,
        database_url=_url(source, "DATABASE_URL", ("postgresql", "postgres")),
        redis_url=_url(source, "REDIS_URL", ("redis", "rediss")),
        var_dir=Path(_value(source, "VAR_DIR", str(Path(__file__).resolve().parent.parent / "var"))),
        time_zone=_zone(source, "UTILITY_TIME_ZONE", "America/Los_Angeles"),
        utility_name=_value(
            source, "UTILITY_NAME", "River Valley Power (demo)" if development else "Utility"
        ),
        utility_role=_choice(source, "UTILITY_ROLE", "full", ("full", "distribution")),
        support_url=_value(source, "SUPPORT_URL", f"{public_url}/help/"),
        terms_url=_value(source, "TERMS_URL", f"{public_url}/help/#terms"),
        privacy_url=_value(source, "PRIVACY_URL", f"{public_url}/help/#privacy"),
        mail_url=_url(source, "MAIL_URL", ("smtp", "smtps")),
        mail_from=_value(source, "MAIL_FROM", "sharing@utility.example.com"),
        access_hours_without_end=_whole(source, "ACCESS_HOURS_WITHOUT_END", 24),
        request_starts_unticked=_flag(source, "REQUEST_STARTS_UNTICKED"),
        secure_proxy=_flag(source, "SECURE_PROXY"),
        oauth_calls_per_minute=_whole(source, "OAUTH_CALLS_PER_MINUTE", 300),
        oauth_failures_per_minute=_whole(source, "OAUTH_FAILURES_PER_MINUTE", 20),
        feed_alert_to=_list(source, "FEED_ALERT_TO"),
        feed_alert_percent=_whole(source, "FEED_ALERT_PERCENT", 1),
        parked_readings_days=_whole(source, "PARKED_READINGS_DAYS", 90),
        readings_kept_years=_whole(source, "READINGS_KEPT_YEARS", 1)
        if _value(source, "READINGS_KEPT_YEARS", "")
        else None,
        feed_folders=tuple(Path(folder) for folder in _list(source, "FEED_FOLDERS")),
        feed_pull_hosts=tuple(host.lower() for host in _list(source, "FEED_PULL_HOSTS")),
        feed_file_megabytes=_whole(source, "FEED_FILE_MEGABYTES", 4096),
        feed_calls_per_minute=_whole(source, "FEED_CALLS_PER_MINUTE", 60),
        mix_open_to_clients=_flag(source, "MIX_OPEN_TO_CLIENTS"),
        web_processes=_whole(source, "WEB_PROCESSES", 2 if development else 4),
        web_threads=_whole(source, "WEB_THREADS", 20),
        streams_per_client=_whole(source, "STREAMS_PER_CLIENT", 4),
        stream_stall_seconds=_whole(source, "STREAM_STALL_SECONDS", 60),
        session_hours=_whole(source, "SESSION_HOURS", 12),
        staff_session_hours=_whole(source, "STAFF_SESSION_HOURS", 8),
        staff_idle_minutes=_whole(source, "STAFF_IDLE_MINUTES", 30),
        staff_second_factor=_flag(source, "STAFF_SECOND_FACTOR", "0" if development else "1"),
        oidc_name=_value(source, "OIDC_NAME", "single sign-on"),
        oidc_client_id=_value(source, "OIDC_CLIENT_ID", ""),
        oidc_client_secret=_value(source, "OIDC_CLIENT_SECRET", ""),
        oidc_server_url=_oidc_server(source, development=development),
    )


def read_or_end() -> Environment:
    """What the process's environment says, with `var_dir` made.

    A wrong one ends the process with one line, whether it is manage.py, a worker or a web server that starts.
    """
    try:
        found = read()
        found.var_dir.mkdir(parents=True, exist_ok=True)
    except EnvironmentValueError as error:
        _end(str(error))
    except OSError as error:
        _end(f"VAR_DIR: cannot write {error.filename}: {error.strerror}")
    return found


def _end(words: str) -> NoReturn:
    print(f"Cannot start: {words}. docs/operations.md lists every setting.", file=sys.stderr, flush=True)
    sys.exit(_CANNOT_BOOT)


def feed_secret(name: str, source: Mapping[str, str] = os.environ) -> str:
    """The secret a feed's source is read with, from `name` or the file that `<name>_FILE` names; empty = not set.

    Staff choose the name, so only names made for this are read: `FEED_SECRET_...`. Raises EnvironmentValueError.
    """
    if not FEED_SECRET_NAME.fullmatch(name):
        raise EnvironmentValueError(f"{name} is no name of a feed's secret; those are FEED_SECRET_...")
    return _value(source, name, "")


def _value(source: Mapping[str, str], name: str, default: str) -> str:
    if name in source:
        return source[name]
    path = source.get(f"{name}_FILE")
    if not path:
        return default
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except OSError as error:
        raise EnvironmentValueError(f"{name}_FILE: cannot read {path}: {error.strerror}") from error


def _require(source: Mapping[str, str]) -> None:
    """Raises EnvironmentValueError naming all that a production must set and that is not."""
    needed = {name: _value(source, name, "") for name in ("SECRET_KEY", "PUBLIC_URL", "DATABASE_URL")}
    needed["SECRET_KEY"] = needed["SECRET_KEY"] or _value(source, "SECRET_KEYS", "")
    missing = ", ".join(name for name, value in needed.items() if not value)
    if missing:
        raise EnvironmentValueError(f"{missing} must be set unless DEVELOPMENT=1")


def _url(source: Mapping[str, str], name: str, schemes: tuple[str, ...], default: str = "") -> str:
    """An address, or `default`. What is refused is not repeated: it may hold a password."""
    value = _value(source, name, "") or default
    try:
        parts = urlsplit(value)
        is_right = not value or (parts.scheme in schemes and (parts.port is None or parts.port > 0))
    except ValueError:
        is_right = False
    if not is_right:
        raise EnvironmentValueError(f"{name} is no address that begins with {schemes[0]}://")
    return value


def _hosts(source: Mapping[str, str], public_url: str, *, development: bool) -> tuple[str, ...]:
    """Names the server answers to: whole ones, PUBLIC_URL's among them; that one alone where none are given.

    A wildcard would let a caller choose which host this site calls itself.
    """
    own = (urlsplit(public_url).hostname or "").lower()
    own = f"[{own}]" if ":" in own else own
    if not own:
        raise EnvironmentValueError("PUBLIC_URL names no host")
    hosts = tuple(host.lower() for host in _list(source, "ALLOWED_HOSTS"))
    if not hosts:
        return tuple(dict.fromkeys((own, *_LOOPBACK))) if development else (own,)
    for host in hosts:
        if not _HOST.fullmatch(host):
            raise EnvironmentValueError(
                f"ALLOWED_HOSTS: {host!r} is no whole host name without scheme and port"
            )
    if own not in hosts:
        raise EnvironmentValueError(f"ALLOWED_HOSTS must hold the host of PUBLIC_URL, {own!r}")
    return hosts


def _secret_keys(source: Mapping[str, str], *, development: bool) -> tuple[str, ...]:
    """The ring of `SECRET_KEYS`, parted by commas or lines, and `SECRET_KEY` behind it where that is set too.

    The first key signs and seals, every key verifies and opens: a weak one anywhere would open the door.
    """
    named = [("SECRET_KEYS", key) for key in re.split(r"[,\s]+", _value(source, "SECRET_KEYS", "")) if key]
    named += [("SECRET_KEY", key) for key in [_value(source, "SECRET_KEY", "")] if key]
    if development:
        return tuple(dict.fromkeys(key for _name, key in named)) or ("development-only-not-a-secret",)
    for name, key in named:
        if len(key) < SHORTEST_KEY or len(set(key)) < _FEWEST_LETTERS:
            raise EnvironmentValueError(
                f"{name}: each key must have {SHORTEST_KEY} random characters or more; "
                "`openssl rand -hex 32` makes one"
            )
    return tuple(dict.fromkeys(key for _name, key in named))


def _flag(source: Mapping[str, str], name: str, default: str = "0") -> bool:
    return _choice(source, name, default, ("0", "1")) == "1"


def _oidc_server(source: Mapping[str, str], *, development: bool) -> str:
    """The provider of single sign-on; with one, this server must be known there."""
    url = _value(source, "OIDC_SERVER_URL", "").rstrip("/")
    if url and not url.startswith(("https://", "http://") if development else "https://"):
        raise EnvironmentValueError(f"OIDC_SERVER_URL is {url!r}; it must be an https address")
    for name in ("OIDC_CLIENT_ID", "OIDC_CLIENT_SECRET"):
        if url and not _value(source, name, ""):
            raise EnvironmentValueError(f"{name} must be set where OIDC_SERVER_URL is")
    return url


def _choice(source: Mapping[str, str], name: str, default: str, allowed: tuple[str, ...]) -> str:
    value = _value(source, name, default)
    if value not in allowed:
        raise EnvironmentValueError(f"{name} is {value!r}; it must be one of {', '.join(allowed)}")
    return value


def _list(source: Mapping[str, str], name: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in _value(source, name, "").split(",") if part.strip())


def _whole(source: Mapping[str, str], name: str, default: int) -> int:
    value = _value(source, name, str(default))
    if not value.isdigit() or int(value) < 1:
        raise EnvironmentValueError(f"{name} is {value!r}; it must be a whole number of at least 1")
    return int(value)


def _zone(source: Mapping[str, str], name: str, default: str) -> str:
    value = _value(source, name, default)
    try:
        ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise EnvironmentValueError(f"{name} is {value!r}; it is not an IANA time zone") from error
    return value

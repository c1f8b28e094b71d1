"""Settings come from the environment only: read once, typed, and refused by name when wrong.

Each value may instead be read from a file named by `<NAME>_FILE`, which is how secrets are mounted. A setting is one
line of `Environment` and a row of `docs/operations.md`: code reads it as `settings.<NAME>`.
"""

import os
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from functools import partial
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Annotated, Any, Literal, NoReturn, Self
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from cdsc_portal.lib.runtime.file_storage import storage_address
from cdsc_portal.places import VAR_DIR

SHORTEST_KEY = 50  # characters of a secret key; what Django's own check asks for
CANNOT_BOOT = 3  # the exit status after which gunicorn ends instead of starting the next worker
_FEWEST_LETTERS = 5  # different ones
_LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
_HOST = re.compile(r"[a-z0-9_-]+(\.[a-z0-9_-]+)*|\[[0-9a-f:.]+\]")
FEED_SECRET_NAME = re.compile(r"FEED_SECRET_[A-Z0-9_]+(?<!_FILE)")


class EnvironmentValueError(ValueError):
    """A variable has a value the server cannot run with; the message names it."""


def _whole(text: str) -> int:
    if not text.isdigit() or int(text) < 1:
        raise ValueError(f"{text!r} is no whole number of at least 1")
    return int(text)


def _grams(text: str) -> dict[str, Decimal]:
    """`gas=490, coal=820`: by source of electricity, grams of CO2 for a kWh."""
    grams = {}
    for part in filter(None, (each.strip() for each in text.split(","))):
        source, _equals, number = part.partition("=")
        if not number.replace(".", "", 1).isdigit():
            raise ValueError(f"{part!r} is no source=grams")
        grams[source.strip()] = Decimal(number)
    return grams


def _flag(text: str) -> bool:
    if text not in ("0", "1"):
        raise ValueError(f"{text!r} must be 0 or 1")
    return text == "1"


def _network(text: str) -> IPv4Network | IPv6Network:
    try:
        return ip_network(text)
    except ValueError as error:
        raise ValueError(f"{text!r} is no network such as 10.0.0.0/8") from error


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise ValueError(f"{name!r} is not an IANA time zone") from error
    return name


def _address(url: str, *, schemes: tuple[str, ...]) -> str:
    """What is refused is not repeated: it may hold a password."""
    try:
        parts = urlsplit(url)
        is_right = parts.scheme in schemes and (parts.port is None or parts.port > 0)
    except ValueError:
        is_right = False
    if not is_right:
        raise ValueError(f"it is no address that begins with {schemes[0]}://")
    return url


def _prefix(name: str) -> str:
    """What names types of this server's own: small letters, digits and _ (R-14s)."""
    if not re.fullmatch(r"[a-z][a-z0-9_]*", name) or name == "cds":
        raise ValueError(f"{name!r} must be small letters, digits and _, and not cds")
    return name


def _web_page(url: str) -> str:
    return _address(url, schemes=("https", "http")) if url else ""


def _strong(key: str, info: ValidationInfo) -> str:
    """A key that signs or opens: a weak one anywhere in the ring would open the door."""
    if not info.data.get("development") and (len(key) < SHORTEST_KEY or len(set(key)) < _FEWEST_LETTERS):
        raise ValueError(
            f"each key must have {SHORTEST_KEY} random characters or more; `openssl rand -hex 32` makes one"
        )
    return key


def _by(development: object, production: object) -> Callable[[dict[str, Any]], Any]:
    return lambda earlier: development if earlier["development"] else production


def _help(page: str) -> Callable[[dict[str, Any]], str]:
    return lambda earlier: f"{earlier['public_url']}{page}"


Flag = Annotated[bool, BeforeValidator(_flag)]
Whole = Annotated[int, BeforeValidator(_whole)]
Zone = Annotated[str, AfterValidator(_zone)]
Key = Annotated[str, AfterValidator(_strong)]
_listed = BeforeValidator(lambda text: tuple(part.strip() for part in text.split(",") if part.strip()))
Names = Annotated[tuple[str, ...], _listed]
Folders = Annotated[tuple[Path, ...], _listed]
Networks = Annotated[tuple[Annotated[IPv4Network | IPv6Network, BeforeValidator(_network)], ...], _listed]
Keys = Annotated[
    tuple[Key, ...], BeforeValidator(lambda text: tuple(filter(None, re.split(r"[,\s]+", text))))
]
WebAddress = Annotated[str, AfterValidator(partial(_address, schemes=("https", "http")))]
DatabaseAddress = Annotated[str, AfterValidator(partial(_address, schemes=("postgresql", "postgres")))]
Grams = Annotated[dict[str, Decimal], BeforeValidator(_grams)]
RedisAddress = Annotated[str, AfterValidator(partial(_address, schemes=("redis", "rediss")))]
MailAddress = Annotated[str, AfterValidator(partial(_address, schemes=("smtp", "smtps")))]
_secret = partial(Field, default="", repr=False)


class Environment(BaseSettings):
    """What the environment says. The order counts: a default may rest on what stands above it."""

    model_config = SettingsConfigDict(frozen=True, validate_default=False, hide_input_in_errors=True)

    development: Flag = False
    secret_key: Key = _secret()
    secret_keys: Keys = Field(default="", repr=False, validate_default=True)
    public_url: WebAddress = Field(default_factory=_by("http://127.0.0.1:8000", ""))
    allowed_hosts: Names = Field(default="", validate_default=True)
    database_url: DatabaseAddress = _secret()
    database_replica_url: DatabaseAddress = _secret()
    database_session_url: DatabaseAddress = _secret()
    prepared_statements: Flag = True
    redis_url: RedisAddress = _secret()
    cache_url: RedisAddress = _secret()
    var_dir: Path = VAR_DIR
    storage_url: Annotated[str, AfterValidator(storage_address)] = Field(
        default_factory=lambda earlier: f"file://{earlier['var_dir'].absolute()}/media"
    )
    storage_access_key: str = _secret()
    storage_secret_key: str = _secret()
    consent_journal: Path | None = None  # None: no journal is kept
    utility_time_zone: Zone = "America/Los_Angeles"
    utility_name: str = Field(default_factory=_by("River Valley Power (demo)", "Utility"))
    utility_role: Literal["full", "distribution"] = "full"
    utility_region: Literal["US", "CA", "EU"] = "US"
    support_phone: str = Field(default_factory=_by("1-555-0100", ""))
    support_mail: str = Field(default_factory=_by("desk@utility.example.com", ""))
    support_hours: str = Field(default_factory=_by("Mon-Fri 8 AM - 6 PM", ""))
    outages_url: Annotated[str, AfterValidator(_web_page)] = ""
    support_url: str = Field(default_factory=_help("/help/"))
    terms_url: str = Field(default_factory=_help("/help/#terms"))
    privacy_url: str = Field(default_factory=_help("/help/#privacy"))
    bill_pay_url: WebAddress = ""
    mail_url: MailAddress = _secret()
    mail_from: str = "sharing@utility.example.com"
    access_hours_without_end: Whole = 24
    request_starts_unticked: Flag = False
    secure_proxy: Flag = False
    oauth_calls_per_minute: Whole = 300
    oauth_failures_per_minute: Whole = 20
    server_prefix: Annotated[str, AfterValidator(_prefix)] = "cdsc"
    public_calls_per_minute: Whole = 600
    metadata_moved_to: str = ""
    api_calls_per_minute: Whole = 600
    client_calls_per_minute: Whole = 60_000
    grant_calls_per_minute: Whole = 600
    registrations_per_minute: Whole = 60
    unused_registration_days: Whole = 30
    feed_alert_to: Names = ()
    feed_alert_percent: Whole = 1
    parked_readings_days: Whole = 90
    readings_kept_years: Whole | None = None  # None: for ever
    archive_removed_months: Flag = False
    feed_folders: Folders = ()
    feed_pull_hosts: Names = ()
    feed_file_megabytes: Whole = 8192
    feed_calls_per_minute: Whole = 60
    mix_open_to_clients: Flag = False
    mix_carbon_grams: Grams = Field(default_factory=dict)
    mix_carbon_source: str = ""
    metrics_networks: Networks = Field(default_factory=_by("127.0.0.0/8,::1/128", ""), validate_default=True)
    alive_sign: Path | None = None
    log_requests: Flag = Field(default_factory=_by(development=False, production=True))
    traces_url: WebAddress = ""
    traces_percent: Annotated[Whole, Field(le=100)] = 100
    sentry_dsn: WebAddress = _secret()
    web_processes: Whole = Field(default_factory=_by(2, 4))
    web_threads: Whole = 20
    streams_per_client: Whole = 4  # and of a person
    stream_stall_seconds: Whole = 60
    session_hours: Whole = 12
    staff_session_hours: Whole = 8
    staff_idle_minutes: Whole = 30
    staff_second_factor: Flag = Field(default_factory=_by(development=False, production=True))
    oidc_name: str = "single sign-on"
    oidc_client_id: str = ""
    oidc_client_secret: str = _secret()
    oidc_server_url: str = ""

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return (_Variables(settings_cls, init_settings()["variables"]),)

    @field_validator("secret_keys")
    @classmethod
    def _ring(cls, keys: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        """Those of `SECRET_KEYS`, and `SECRET_KEY` behind them: the first signs and seals, all verify and open."""
        ring = tuple(filter(None, dict.fromkeys((*keys, info.data.get("secret_key", "")))))
        return ring or (("development-only-not-a-secret",) if info.data.get("development") else ())

    @field_validator("public_url")
    @classmethod
    def _origin(cls, url: str) -> str:
        if not urlsplit(url).hostname:
            raise ValueError("it names no host")
        return url.rstrip("/")

    @field_validator("allowed_hosts")
    @classmethod
    def _hosts(cls, names: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        """Names the server answers to: whole ones, PUBLIC_URL's among them; that one alone where none are given.

        A wildcard would let a caller choose which host this site calls itself.
        """
        own = (urlsplit(info.data.get("public_url", "")).hostname or "").lower()
        own = f"[{own}]" if ":" in own else own
        hosts = tuple(name.lower() for name in names)
        if not hosts:
            return tuple(dict.fromkeys((own, *_LOOPBACK))) if info.data.get("development") else (own,)
        for host in hosts:
            if not _HOST.fullmatch(host):
                raise ValueError(f"{host!r} is no whole host name without scheme and port")
        if own not in hosts:
            raise ValueError(f"the host of PUBLIC_URL, {own!r}, must be among them")
        return hosts

    @field_validator("metadata_moved_to")
    @classmethod
    def _elsewhere(cls, url: str) -> str:
        return _address(url, schemes=("https",))

    @field_validator("feed_pull_hosts")
    @classmethod
    def _lower(cls, hosts: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(host.lower() for host in hosts)

    @field_validator("oidc_server_url")
    @classmethod
    def _provider(cls, url: str, info: ValidationInfo) -> str:
        """The provider of single sign-on; with one, this server must be known there."""
        if not url.startswith(("https://", "http://") if info.data.get("development") else "https://"):
            raise ValueError("it must be an https address")
        missing = [name for name in ("oidc_client_id", "oidc_client_secret") if not info.data.get(name)]
        if missing:
            raise ValueError(f"{' and '.join(missing).upper()} must be set with it")
        return url.rstrip("/")

    @model_validator(mode="after")
    def _has_what_a_production_needs(self) -> Self:
        needed = {
            "SECRET_KEY": self.secret_keys,
            "PUBLIC_URL": self.public_url,
            "DATABASE_URL": self.database_url,
        }
        missing = ", ".join(name for name, value in needed.items() if not value)
        if missing and not self.development:
            raise ValueError(f"{missing} must be set unless DEVELOPMENT=1")
        return self

    def for_django(self) -> dict[str, object]:
        """Each setting under its variable's name, for `settings.py`; what may hold a secret is not among them."""
        return {
            name.upper(): getattr(self, name) for name, field in type(self).model_fields.items() if field.repr
        }


class _Variables(PydanticBaseSettingsSource):
    """A variable for each field, or the file that `<NAME>_FILE` names; an empty one counts as not set."""

    def __init__(self, settings_cls: type[BaseSettings], variables: Mapping[str, str]) -> None:
        super().__init__(settings_cls)
        self._variables = variables

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[str, str, bool]:
        return _value(self._variables, field_name.upper()), field_name, False

    def __call__(self) -> dict[str, str]:
        values = {
            name: self.get_field_value(field, name)[0]
            for name, field in self.settings_cls.model_fields.items()
        }
        return {name: value for name, value in values.items() if value}


def read(source: Mapping[str, str] = os.environ) -> Environment:
    """Parse `source`. Raises EnvironmentValueError that says in one line what is wrong, by name, and what to set."""
    try:
        return Environment(variables=source)  # type: ignore[call-arg]  # for _Variables, not a field
    except ValidationError as error:
        raise EnvironmentValueError("; ".join(_problems(error))) from None  # it holds what was read


def _problems(error: ValidationError) -> Iterator[str]:
    for problem in error.errors():
        if problem["type"] == "default_factory_not_called":  # for want of what another problem is about
            continue
        name = str(problem["loc"][0]).upper() if problem["loc"] else ""
        words = str(problem.get("ctx", {}).get("error", "")) or problem["msg"].replace(
            "Input should", "it must"
        )
        yield f"{name}: {words}" if name else words


def read_or_end() -> Environment:
    """What the process's environment says, with `var_dir` made.

    A wrong one ends the process with one line, whether it is manage.py, a worker or a web server that starts.
    """
    try:
        environment = read()
        environment.var_dir.mkdir(parents=True, exist_ok=True)
    except EnvironmentValueError as error:
        _end(str(error))
    except OSError as error:
        _end(f"VAR_DIR: cannot write {error.filename}: {error.strerror}")
    return environment


def _end(words: str) -> NoReturn:
    print(f"Cannot start: {words}. docs/operations.md lists every setting.", file=sys.stderr, flush=True)
    sys.exit(CANNOT_BOOT)


def feed_secret(name: str, source: Mapping[str, str] = os.environ) -> str:
    """The secret a feed's source is read with, from `name` or the file that `<name>_FILE` names; empty = not set.

    Staff choose the name, so only names made for this are read: `FEED_SECRET_...`. Raises EnvironmentValueError.
    """
    if not FEED_SECRET_NAME.fullmatch(name):
        raise EnvironmentValueError(f"{name} is no name of a feed's secret; those are FEED_SECRET_...")
    return _value(source, name)


def _value(source: Mapping[str, str], name: str) -> str:
    if name in source:
        return source[name]
    path = source.get(f"{name}_FILE")
    if not path:
        return ""
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except OSError as error:
        raise EnvironmentValueError(f"{name}_FILE: cannot read {path}: {error.strerror}") from error

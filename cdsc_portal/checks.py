"""What `manage.py check --deploy` refuses, each with the clause it rests on."""

import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.staticfiles import finders
from django.contrib.staticfiles.storage import staticfiles_storage
from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.db import connection

from cdsc_portal.lib.time import clock

_HERE = re.compile(r"|localhost|127(\.\d+){3}|::1|/.*")  # sockets are folders
_OVER_TLS = ("require", "verify-ca", "verify-full")
_SESSIONS_BESIDE_WEB = 30  # a worker of each queue with up to four, beat, and people
_SKEW_SECONDS = 2
_STYLES = ("css/tokens.css", "unfold/css/styles.css")  # ours, and that of staff's pages


@register(Tags.security, deploy=True)
def public_url_is_a_safe_issuer(app_configs: Sequence[Any] | None, **options: Any) -> list[CheckMessage]:
    """The issuer is an https address without path, query or fragment (RFC 8414 section 2; here: a bare origin)."""
    parts = urlsplit(settings.PUBLIC_URL)
    if parts.scheme == "https" and parts.netloc and not (parts.path or parts.query or parts.fragment):
        return []
    return [
        Error(
            "PUBLIC_URL must be a bare https origin, such as https://share.example.com",
            hint="It is the issuer of all tokens (RFC 8414 section 2).",
            id="cdsc.E001",
        )
    ]


@register(Tags.security, deploy=True)
def no_development_server(app_configs: Sequence[Any] | None, **options: Any) -> list[CheckMessage]:
    """Development settings allow redirects to plain http (RFC 9700 section 4.1.3 forbids them)."""
    if not settings.ENV.development:
        return []
    return [Error("DEVELOPMENT=1 must not face people", hint="Unset DEVELOPMENT.", id="cdsc.E002")]


@register(Tags.security, deploy=True)
def mail_reaches_people(app_configs: Sequence[Any] | None, **options: Any) -> list[CheckMessage]:
    """A customer who shares gets a receipt by mail (CDS-WG3-01 section 9, F-179); files reach nobody."""
    if settings.ENV.mail_url:
        return []
    return [
        Error(
            "MAIL_URL must name a mail server", hint="smtps://user:password@mail.example.com", id="cdsc.E003"
        )
    ]


@register(Tags.security, deploy=True)
def staff_take_a_second_step(app_configs: Sequence[Any] | None, **options: Any) -> list[CheckMessage]:
    """Whoever may read every customer's data logs in with more than a password (ASVS 6.3.3)."""
    if settings.STAFF_SECOND_FACTOR:
        return []
    return [Error("STAFF_SECOND_FACTOR=0 must not face people", hint="Unset it.", id="cdsc.E004")]


@register(Tags.security, deploy=True)
def a_restore_revives_no_consent(app_configs: Sequence[Any] | None, **options: Any) -> list[CheckMessage]:
    """What was stopped stands outside the database, too (decision 64)."""
    if settings.CONSENT_JOURNAL is not None:
        return []
    return [
        Warning(
            "CONSENT_JOURNAL is not set: after a restore all grants must be paused",
            hint="Name a folder outside the database that all processes share.",
            id="cdsc.W001",
        )
    ]


@register(Tags.staticfiles, deploy=True)
def pages_have_their_files(app_configs: Sequence[Any] | None, **options: Any) -> list[CheckMessage]:
    """The web server has style sheets where the release has them; an incomplete one would show bare pages."""
    look_up = finders.find if settings.WHITENOISE_USE_FINDERS else staticfiles_storage.exists
    missing = [name for name in _STYLES if not look_up(name)]
    if not missing:
        return []
    return [
        Error(
            f"The release lacks its static files: {', '.join(missing)}",
            hint="Install the wheel of a release, or the whole checkout with the package django-unfold.",
            id="cdsc.E005",
        )
    ]


@register(Tags.security, deploy=True)
def files_are_private(app_configs: Sequence[Any] | None, **options: Any) -> list[CheckMessage]:
    """Feed files, bills and proofs are for the server's own user; an older release left them to everybody (X-18)."""
    folder = Path(settings.MEDIA_ROOT)
    if not folder.exists() or not folder.stat().st_mode & 0o077:
        return []
    return [
        Error(f"{folder} is open to other users", hint=f"chmod -R go= {folder}", id="cdsc.E006"),
    ]


@register(Tags.security, deploy=True)
def the_database_is_reached_over_tls(app_configs: Sequence[Any] | None, **options: Any) -> list[CheckMessage]:
    """Everything that customers have goes over this line (ASVS 12.3.1)."""
    database: dict[str, Any] = settings.DATABASES["default"]
    host, mode = str(database.get("HOST") or ""), database.get("OPTIONS", {}).get("sslmode")
    if _HERE.fullmatch(host) or mode in _OVER_TLS:
        return []
    return [
        Warning(
            "DATABASE_URL names another machine without TLS",
            hint="Add ?sslmode=verify-full, and sslrootcert where its certificate is your own.",
            id="cdsc.W002",
        )
    ]


@register(Tags.caches, deploy=True)
def queues_and_cache_are_apart(app_configs: Sequence[Any] | None, **options: Any) -> list[CheckMessage]:
    """A cache that is emptied or evicts must not take tasks with it."""
    env = settings.ENV
    if not env.redis_url:
        return [
            Warning(
                "REDIS_URL is not set: tasks are files under VAR_DIR, for one machine",
                hint="Name a Redis server.",
                id="cdsc.W003",
            )
        ]
    if env.cache_url and env.cache_url != env.redis_url:
        return []
    return [
        Warning(
            "The cache and the queues share one Redis database",
            hint="Set CACHE_URL to another, such as redis://…/1.",
            id="cdsc.W004",
        )
    ]


@register(Tags.security, deploy=True)
def the_utility_is_named(app_configs: Sequence[Any] | None, **options: Any) -> list[CheckMessage]:
    """Customers read who writes to them and whom they trust."""
    messages: list[CheckMessage] = []
    sender = settings.DEFAULT_FROM_EMAIL.rpartition("@")[2].rstrip(">")
    if sender.endswith(("example.com", "example.org", "example.net")):
        messages.append(
            Warning("MAIL_FROM is a placeholder", hint="An address of yours that takes mail.", id="cdsc.W005")
        )
    if settings.UTILITY_NAME in ("", "Utility"):
        messages.append(Warning("UTILITY_NAME is not set", hint="As customers know you.", id="cdsc.W006"))
    return messages


@register(Tags.files, deploy=True)
def files_can_be_written(app_configs: Sequence[Any] | None, **options: Any) -> list[CheckMessage]:
    """Feeds, bills, downloads and proofs lie in VAR_DIR."""
    folder = settings.ENV.var_dir
    if folder.is_dir() and os.access(folder, os.W_OK | os.X_OK):
        return []
    return [
        Error(f"VAR_DIR ({folder}) cannot be written", hint="Give it to the server's user.", id="cdsc.E007")
    ]


@register(Tags.database)
def the_database_has_room_and_the_right_time(
    app_configs: Sequence[Any] | None, databases: Sequence[str] | None = None, **options: Any
) -> list[CheckMessage]:
    """Asked with `check --deploy --database default`: sessions for each thread, and one time for all (X-09)."""
    if not databases or settings.ENV.development:
        return []
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('max_connections')::integer, clock_timestamp()")
        sessions, there = cursor.fetchone()
    skew = abs((there - clock.now()).total_seconds())
    needed = settings.WEB_PROCESSES * settings.WEB_THREADS + _SESSIONS_BESIDE_WEB
    messages: list[CheckMessage] = []
    if sessions < needed:
        messages.append(
            Warning(
                f"The database takes {sessions} connections, these processes may need {needed}",
                hint="Raise max_connections, or lower WEB_PROCESSES or WEB_THREADS.",
                id="cdsc.W007",
            )
        )
    if skew > _SKEW_SECONDS:
        messages.append(
            Warning(
                f"The clocks of this machine and of the database are {skew:.0f} s apart",
                hint="Keep both by NTP: consents begin and end by the clock.",
                id="cdsc.W008",
            )
        )
    return messages

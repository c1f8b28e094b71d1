"""What `manage.py check --deploy` refuses, each with the clause it rests on."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.staticfiles import finders
from django.core.checks import CheckMessage, Error, Tags, Warning, register

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
    """The web server finds style sheets where the release has them; an incomplete one would show bare pages."""
    missing = [name for name in _STYLES if finders.find(name) is None]
    if not missing:
        return []
    return [
        Error(
            f"The release lacks its static files: {', '.join(missing)}",
            hint="Install it whole: the folder static/ and the package django-unfold.",
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

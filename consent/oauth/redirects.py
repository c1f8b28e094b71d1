"""Addresses that carry an answer back to a third party: code or error, `state`, always `iss` (RFC 9207)."""

from collections.abc import Mapping
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from django.conf import settings

_ANSWERED = frozenset({"code", "error", "error_description", "state", "iss"})


def issuer() -> str:
    """The bare origin that names this server, as its metadata says (X-06)."""
    return settings.PUBLIC_URL


def default_redirect_uri() -> str:
    """Where answers to a company without a website of its own end, once it has registered it (F-11, F-31)."""
    return f"{settings.PUBLIC_URL}/oauth/done/"


def answer_url(redirect_uri: str, *, state: str, answer: Mapping[str, str]) -> str:
    """`redirect_uri` with `answer`, `state` if there was one, and `iss` in its query; its own query stays.

    Names that an answer uses appear once, whatever the registered address has in its query.
    """
    parts = urlsplit(redirect_uri)
    kept = [(n, v) for n, v in parse_qsl(parts.query, keep_blank_values=True) if n not in _ANSWERED]
    added = {**answer, **({"state": state} if state else {}), "iss": issuer()}
    return urlunsplit(parts._replace(query=urlencode([*kept, *added.items()])))


def error_answer(error: str, description: str = "") -> dict[str, str]:
    """The members of an error; `description` in the characters that RFC 6749 section 4.1.2.1 allows."""
    if not description:
        return {"error": error}
    return {"error": error, "error_description": allowed_text(description)}


def allowed_text(text: str) -> str:
    """Printable ASCII without the double quote and the backslash (RFC 6749 sections 4.1.2.1 and 5.2)."""
    plain = text.replace('"', "'").replace("\\", "/")
    return "".join(letter if " " <= letter <= "~" else "?" for letter in plain)

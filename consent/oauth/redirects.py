"""Addresses that carry an answer back to a third party: code or error, `state`, always `iss` (RFC 9207)."""

from collections.abc import Mapping
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from django.conf import settings

# for errors that come without words of their own, as the library's do (RFC 6749 sections 4.1.2.1 and 5.2)
_IN_WORDS = {
    "invalid_request": "A parameter is missing, repeated or cannot be read.",
    "invalid_client": "Client authentication failed.",
    "invalid_grant": "The code or refresh token is unknown, expired, used, ended or of another client, or does not "
    "match its request.",
    "invalid_scope": "scope names what was not granted.",
    "unauthorized_client": "This client may not do so at present.",
    "unsupported_grant_type": "grant_type must be authorization_code, refresh_token or client_credentials.",
    "unsupported_token_type": "token_type_hint must be access_token or refresh_token.",
}
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
    """The members of an error, always with a description, in the characters that RFC 6749 section 4.1.2.1 allows."""
    words = description or _IN_WORDS.get(error, "The request was refused.")
    return {"error": error, "error_description": allowed_text(words)}


def allowed_text(text: str) -> str:
    """Printable ASCII without the double quote and the backslash (RFC 6749 sections 4.1.2.1 and 5.2)."""
    plain = text.replace('"', "'").replace("\\", "/")
    return "".join(letter if " " <= letter <= "~" else "?" for letter in plain)

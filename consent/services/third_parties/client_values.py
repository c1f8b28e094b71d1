"""What a third party may say of itself: each member checked, as text, and never fetched (R-43, RFC 7591 section 2)."""

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings

from cdsc_portal.lib.text.one_line import is_one_line
from consent.redirect_addresses import has_user_info, why_refused

LONGEST_NAME = 200
_LONGEST_ADDRESS = 200
_MOST_ADDRESSES = 20
_MOST_CONTACTS = 20
_VISIBLE = re.compile(r"[!-~]+")


class ValueRefused(ValueError):  # noqa: N818 - what happened to it
    """A member that cannot be taken; the text says why. `error` is the code of RFC 7591 section 3.2.2."""

    def __init__(self, member: str, why: str, *, error: str = "invalid_client_metadata") -> None:
        super().__init__(f"{member}: {why}")
        self.member = member
        self.error = error


def text_of(values: Mapping[str, Any], member: str) -> str:
    """The text of a member, "" where it is left out or null. Raises ValueRefused."""
    value = values.get(member)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise ValueRefused(member, "it must be a text")
    return value


def name_of(values: Mapping[str, Any]) -> str:
    """`client_name` on one line; "" where there is none."""
    name = text_of(values, "client_name").strip()
    if len(name) > LONGEST_NAME:
        raise ValueRefused("client_name", f"at most {LONGEST_NAME} characters")
    if not is_one_line(name):
        raise ValueRefused("client_name", "it has a line break or a sign that cannot be seen")
    return name


def address_of(values: Mapping[str, Any], member: str) -> str:
    """A web address, stored as text and never fetched; "" where there is none."""
    uri = text_of(values, member)
    if not uri:
        return ""
    if len(uri) > _LONGEST_ADDRESS:
        raise ValueRefused(member, f"at most {_LONGEST_ADDRESS} characters")
    if not is_web_address(uri):
        raise ValueRefused(member, "it must be an address that begins with https:// or http://")
    return uri


def is_web_address(uri: str) -> bool:
    try:
        parts = urlsplit(uri)
    except ValueError:
        return False
    has_host = parts.scheme in ("https", "http") and bool(parts.hostname)
    return has_host and _VISIBLE.fullmatch(uri) is not None and not has_user_info(uri)


def list_of(values: Mapping[str, Any], member: str, *, most: int) -> list[str]:
    """A list of texts, each once; [] where it is left out or null."""
    value = values.get(member)
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise ValueRefused(member, "it must be a list of texts")
    if len(value) > most:
        raise ValueRefused(member, f"at most {most} of them")
    return list(dict.fromkeys(value))


def contacts_of(values: Mapping[str, Any]) -> list[str]:
    """How people of the third party can be reached, e-mail addresses as a rule."""
    contacts = list_of(values, "contacts", most=_MOST_CONTACTS)
    if any(len(each) > LONGEST_NAME or not is_one_line(each) or not each.strip() for each in contacts):
        raise ValueRefused("contacts", f"each on one line, at most {LONGEST_NAME} characters")
    return contacts


def redirect_uris_of(values: Mapping[str, Any], *, public: bool, own: str) -> list[str]:
    """Redirect addresses that may be registered (X-01, X-17); `own` is the server's, which always may."""
    uris = list_of(values, "redirect_uris", most=_MOST_ADDRESSES)
    for uri in uris:
        if uri == own:
            continue
        refused = why_refused(uri, public=public, plain_loopback=settings.PLAIN_LOOPBACK_REDIRECTS)
        if refused or "*" in uri or len(uri) > LONGEST_NAME:
            why = str(refused) or "no wildcards, and at most 200 characters"
            raise ValueRefused("redirect_uris", why, error="invalid_redirect_uri")
    return uris


def scopes_of(values: Mapping[str, Any], member: str = "scope") -> list[str]:
    """The words of a scope, each once, in their order."""
    return list(dict.fromkeys(text_of(values, member).split()))

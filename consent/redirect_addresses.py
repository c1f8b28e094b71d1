"""Which addresses a third party may be answered at: what may be registered, and what counts as registered. Pure.

An address is compared as exact text (X-01, RFC 9700 2.1). The one exception is the port of a native app's loopback IP,
which the app learns from its system when it starts (RFC 8252 7.3). Hosts are IP addresses there: a name like
localhost may lead elsewhere (RFC 8252 8.3).
"""

import re
from collections.abc import Collection
from urllib.parse import urlsplit

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

_SENT_AS_IT_IS = re.compile(r"[!-~]+")  # visible ASCII: no browser reads anything else into it
_READ_IN_TWO_WAYS = frozenset('\\"<>^`{|}')  # RFC 3986 has none of them; browsers take \ for /
_LOOPBACK_IP = re.compile(r"http://(127\.0\.0\.1|\[::1\])(?::[0-9]{1,5})?((?:[/?].*)?)")
_LOCAL_NAME = re.compile(r"http://localhost(?::[0-9]{1,5})?(?:[/?].*)?")
# a domain name turned round, one slash, no host: com.example.app:/callback (RFC 8252 7.1)
_PRIVATE_USE = re.compile(r"[a-z][a-z0-9-]*(?:\.[a-z0-9][a-z0-9-]*)+:/(?!/).*")


def why_refused(uri: str, *, public: bool, plain_loopback: bool) -> str | Promise:
    """Why nobody may be answered at `uri`, in words for staff; empty where one may (X-17).

    `public`: of a client without a secret, which may run on its user's device. `plain_loopback`: a development server,
    where any client may be on this machine.
    """
    if not _SENT_AS_IT_IS.fullmatch(uri) or _READ_IN_TWO_WAYS.intersection(uri):
        return _("It has a character that no address has.")
    if "#" in uri:
        return _("It has a fragment (#).")
    try:
        parts = urlsplit(uri)
        port = parts.port
    except ValueError:
        return _("It is no address.")
    if has_user_info(uri):
        return _("It names a user (@), so that the host is not what it seems.")
    if port == 0:
        return _("It is no address.")
    if parts.scheme == "https" and parts.hostname:
        return ""
    if _LOOPBACK_IP.fullmatch(uri) and (public or plain_loopback):
        return ""
    if _LOCAL_NAME.fullmatch(uri) and plain_loopback:
        return ""
    if _PRIVATE_USE.fullmatch(uri) and public:
        return ""
    if public:
        return _(
            "It must begin with https://, http://127.0.0.1, http://[::1] or a scheme such as com.example.app:/"
        )
    return _("It must begin with https://")


def has_user_info(uri: str) -> bool:
    """Whether `uri` has a part before an @ in its authority, which people read as the host (RFC 3986 7.6)."""
    try:
        return "@" in urlsplit(uri).netloc
    except ValueError:
        return False


def is_registered(uri: str, registered: Collection[str], *, public: bool) -> bool:
    """Whether `uri` is one of `registered`: letter by letter; of a public client on any port of a loopback IP."""
    if uri in registered:
        return True
    loopback = _LOOPBACK_IP.fullmatch(uri)
    if not (public and loopback):
        return False
    known = (_LOOPBACK_IP.fullmatch(each) for each in registered)
    return any(each is not None and each.groups() == loopback.groups() for each in known)

"""Whether a client has the answer already (RFC 9110 13.1.2)."""

import hashlib

from django.utils.http import parse_etags
from rest_framework.request import Request


def etag_of(body: bytes) -> str:
    """A strong tag of what is said."""
    return f'"{hashlib.blake2b(body, digest_size=16).hexdigest()}"'


def is_known(request: Request, etag: str) -> bool:
    """The call carries `etag`, weak or strong, or any."""
    known = parse_etags(request.headers.get("If-None-Match", ""))
    return "*" in known or etag in {tag.removeprefix("W/") for tag in known}

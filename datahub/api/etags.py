"""Whether a client has the answer already (RFC 9110 13.1.2)."""

import hashlib

import orjson
from django.http import HttpResponse
from django.utils.http import parse_etags
from rest_framework.request import Request

from consent.services.disclose import disclose_nothing


def etag_of(body: bytes) -> str:
    """A strong tag of what is said."""
    return f'"{hashlib.blake2b(body, digest_size=16).hexdigest()}"'


def etag_of_facts(*facts: object) -> str:
    """A strong tag of all that decides what will be said: plain values, instants and frozen classes of them."""
    return etag_of(orjson.dumps(facts, default=str))


def is_known(request: Request, etag: str) -> bool:
    """The call carries `etag`, weak or strong, or any."""
    known = parse_etags(request.headers.get("If-None-Match", ""))
    return "*" in known or etag in {tag.removeprefix("W/") for tag in known}


def not_modified(etag: str) -> HttpResponse:
    """Nothing leaves, so nothing is disclosed."""
    disclose_nothing()
    return HttpResponse(status=304, headers={"ETag": etag})

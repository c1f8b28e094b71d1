"""Whether a client has the answer already (RFC 9110 13.1.2)."""

import hashlib

import orjson
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.http import parse_etags
from rest_framework.request import Request

from cdsc_portal.lib.runtime.release import code_digest


def etag_of_facts(*facts: object) -> str:
    """A strong tag of all that decides what will be said: plain values, instants, frozen classes and lists of them."""
    known = (code_digest(), settings.TIME_ZONE, *facts)
    return f'"{hashlib.blake2b(orjson.dumps(known), digest_size=16).hexdigest()}"'


def is_known(request: HttpRequest | Request, etag: str) -> bool:
    """The call carries `etag`, weak or strong, or any."""
    known = parse_etags(request.headers.get("If-None-Match", ""))
    return "*" in known or etag in {tag.removeprefix("W/") for tag in known}


def not_modified(etag: str) -> HttpResponse:
    """Nothing leaves, so nothing is disclosed."""
    return HttpResponse(status=304, headers={"ETag": etag})

"""Answers of public addresses, each with the tag of its content."""

import hashlib

from django.http import HttpResponse

from cdsc_portal.lib.json.encoder import dumps


def json_document(members: object) -> HttpResponse:
    """`members` as JSON with a strong tag."""
    return tagged(dumps(members), content_type="application/json")


def tagged(content: bytes, *, content_type: str) -> HttpResponse:
    etag = f'"{hashlib.blake2b(content, digest_size=16).hexdigest()}"'
    return HttpResponse(content, content_type=content_type, headers={"ETag": etag})

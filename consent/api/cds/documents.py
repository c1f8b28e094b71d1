"""Answers of public addresses, each with the tag of its content."""

import hashlib

from django.http import HttpResponse

from cdsc_portal.lib.json.encoder import dumps


def json_document(members: object) -> HttpResponse:
    """`members` as JSON with a strong tag."""
    content = dumps(members)
    return tagged(content, content_type="application/json", etag=tag_of(content))


def tag_of(content: bytes) -> str:
    return f'"{hashlib.blake2b(content, digest_size=16).hexdigest()}"'


def tagged(content: bytes, *, content_type: str, etag: str) -> HttpResponse:
    return HttpResponse(content, content_type=content_type, headers={"ETag": etag})

"""JSON answers of these addresses; public ones carry the tag of their content."""

import hashlib
from collections.abc import Mapping

from django.http import HttpResponse

from cdsc_portal.lib.json.encoder import dumps


def json_answer(
    members: object, *, status: int = 200, headers: Mapping[str, str] | None = None
) -> HttpResponse:
    """`members` as JSON, for the caller alone: it has no tag."""
    return HttpResponse(
        dumps(members), status=status, content_type="application/json", headers=dict(headers or {})
    )


def json_document(members: object) -> HttpResponse:
    """`members` as JSON with a strong tag."""
    content = dumps(members)
    return tagged(content, content_type="application/json", etag=tag_of(content))


def tag_of(content: bytes) -> str:
    return f'"{hashlib.blake2b(content, digest_size=16).hexdigest()}"'


def tagged(content: bytes, *, content_type: str, etag: str) -> HttpResponse:
    return HttpResponse(content, content_type=content_type, headers={"ETag": etag})

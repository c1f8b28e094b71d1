"""Bodies as they come in: JSON objects in which each member stands once and can be stored."""

from typing import Any

from django.http import HttpRequest

from cdsc_portal.lib.json.reader import MemberRefused, read_object
from consent.api.cds.problems import Refused

_MEDIA_TYPE = "application/json"


def json_object(request: HttpRequest, *, limit: int) -> dict[str, Any]:
    """The members of the body. Raises Refused: 413 beyond `limit` bytes, 415 for another type, else 400."""
    too_large = Refused(
        413, "request_too_large", f"The request is too large; at most {limit} bytes are read."
    )
    length = request.headers.get("Content-Length") or "0"
    if not (length.isascii() and length.isdigit()):
        raise Refused(400, "invalid_request", "Content-Length is no number.")
    if len(length) > len(str(limit)) or int(length) > limit:
        raise too_large
    if request.content_type != _MEDIA_TYPE:
        raise Refused(415, "unsupported_media_type", f"The body must be {_MEDIA_TYPE}.")
    body = request.read(limit + 1)
    if len(body) > limit:
        raise too_large
    try:
        return read_object(body)
    except MemberRefused as refused:
        raise Refused(400, "invalid_request", f"{refused.member}: {refused}") from refused
    except ValueError as error:
        raise Refused(400, "invalid_request", f"The body is no JSON object: {error}") from error

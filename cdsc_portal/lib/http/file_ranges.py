"""A stored file as an answer, whole or the one range that was requested (RFC 9110 14)."""

import re
from collections.abc import Callable, Iterator
from typing import IO

from django.core.files import File
from django.http import FileResponse, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from cdsc_portal.lib.http.checked_stream import PIECE_BYTES, checked
from cdsc_portal.lib.http.problems import Problem, problem_response

_RANGE = re.compile(r"\s*bytes\s*=\s*(\d{0,18})-(\d{0,18})\s*", re.ASCII)


def file_answer(
    request: HttpRequest,
    file: "IO[bytes] | File[bytes]",
    *,
    etag: str,
    content_type: str,
    filename: str,
    still_open: Callable[[], bool] | None = None,
) -> HttpResponseBase:
    """`file`, which is closed when it has left. `etag` is strong: that of these very bytes.

    `still_open` is called while it leaves, as often as the gate of a stream; once it is false the answer breaks off.
    Several ranges at once, and what is no range, are answered with the whole. So is If-Range with another tag.
    """
    size = file.seek(0, 2)
    file.seek(0)
    requested = _requested_range(request, etag, size)
    if requested is not None and requested.start >= size:
        file.close()
        return range_not_satisfiable(size)
    response = FileResponse(file, as_attachment=True, filename=filename, content_type=content_type)
    response.headers["ETag"], response.headers["Accept-Ranges"] = etag, "bytes"
    if requested is not None or still_open is not None:
        length = len(range(size) if requested is None else requested)
        file.seek(requested.start if requested else 0)
        pieces = _pieces(file, length)
        response.streaming_content = pieces if still_open is None else checked(pieces, still_open)
        response.headers["Content-Length"] = str(length)
    if requested is not None:
        response.status_code = 206
        response.headers["Content-Range"] = f"bytes {requested.start}-{requested.stop - 1}/{size}"
    return response


def range_not_satisfiable(size: int) -> HttpResponse:
    return problem_response(
        Problem(
            416,
            "range_not_satisfiable",
            f"The range begins behind the file's end: it has {size} bytes.",
            headers={"Content-Range": f"bytes */{size}", "Accept-Ranges": "bytes"},
        )
    )


def _requested_range(request: HttpRequest, etag: str, size: int) -> range | None:
    """The requested bytes; None = all. They may begin behind the end."""
    matched = _RANGE.fullmatch(request.headers.get("Range", ""))
    if request.method != "GET" or matched is None or request.headers.get("If-Range", etag) != etag:
        return None
    first, last = matched.groups()
    if not first:  # the last so many
        return range(max(0, size - int(last)), size) if last and int(last) else None
    if last and int(last) < int(first):
        return None
    return range(int(first), min(int(last) + 1, size) if last else max(size, int(first)))


def _pieces(file: "IO[bytes] | File[bytes]", length: int) -> Iterator[bytes]:
    while length > 0 and (piece := file.read(min(PIECE_BYTES, length))):
        length -= len(piece)
        yield piece

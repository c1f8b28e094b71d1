"""Answers of more than a kilobyte leave as zstd or gzip, for who takes it; streams piece by piece.

Not where a secret is shown. Whoever can make somebody's browser call such a page with words of his own, and sees how
long the answers are, guesses the secret letter by letter (BREACH). So pages of logins, keys, codes and staff leave as
they are, and so do the answers of the token, push, introspection and registration endpoints: their views are marked
(`lib/secret_pages`). The token of a form is on other pages too, masked anew each time.
"""

import re
import zlib
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Protocol, cast

import zstandard
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils.cache import patch_vary_headers

from cdsc_portal.lib.http.secret_pages import is_secret_page

MIN_BYTES = 1024
_TEXT = re.compile(r"text/|application/(\S+\+)?(json|xml|yaml|javascript)\b|image/svg")
_CODING = re.compile(r"\s*([a-z*]+)\s*(?:;\s*q=([0-9.]+))?\s*", re.IGNORECASE)


class _Compressor(Protocol):
    def compress(self, data: bytes, /) -> bytes: ...

    def flush(self) -> bytes: ...


_COMPRESSORS: dict[str, Callable[[], _Compressor]] = {
    "zstd": lambda: zstandard.ZstdCompressor(level=3).compressobj(),
    "gzip": partial(zlib.compressobj, 5, wbits=31),
}


class CompressionMiddleware:
    """A tag becomes weak where it is that of a compressed answer: the bytes are others, what they say is the same."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if response.status_code == 304:
            weak_tag = f"W/{response.headers.get('ETag', '')}"
            if weak_tag in request.headers.get("If-None-Match", ""):  # the caller has the compressed answer
                response.headers["ETag"] = weak_tag
        view = request.resolver_match  # None: a file of the pages, or an error
        if not _is_worth_it(request, response) or (view is not None and is_secret_page(view.func)):
            return response
        patch_vary_headers(response, ("Accept-Encoding",))
        coding = preferred_coding(request.headers.get("Accept-Encoding", ""))
        if coding is None or _counts_bytes(request, response):
            return response
        compressor = _COMPRESSORS[coding]()
        if request.method == "HEAD":  # a compressor ends even nothing with some bytes
            response.headers.pop("Content-Length", None)
        elif isinstance(response, StreamingHttpResponse):
            pieces = cast(Iterator[bytes], response.streaming_content)  # never asynchronous: see _is_worth_it
            response.streaming_content = _pieces(pieces, compressor)
            response.headers.pop("Content-Length", None)
        elif isinstance(response, HttpResponse):
            response.content = compressor.compress(response.content) + compressor.flush()
            response.headers["Content-Length"] = str(len(response.content))
        response.headers["Content-Encoding"] = coding
        if response.headers.get("Accept-Ranges") == "bytes":
            response.headers["Accept-Ranges"] = "none"  # ranges are of the file under its strong tag
        if response.headers.get("ETag", "").startswith('"'):
            response.headers["ETag"] = f"W/{response.headers['ETag']}"
        return response


def preferred_coding(accepted: str) -> str | None:
    """zstd or gzip, whichever `accepted` (Accept-Encoding) weighs more, zstd where equal; None = neither."""
    weights: dict[str, float] = {}
    for part in accepted.split(","):
        if match := _CODING.fullmatch(part):
            try:
                weights[match[1].lower()] = float(match[2] or 1)
            except ValueError:
                continue
    best = max(_COMPRESSORS, key=lambda coding: weights.get(coding, weights.get("*", 0)))
    return best if weights.get(best, weights.get("*", 0)) > 0 else None


def _counts_bytes(request: HttpRequest, response: HttpResponseBase) -> bool:
    """Whether bytes were counted off: those of the answer as it is, so that its whole, sent instead, is that too."""
    takes_ranges = response.headers.get("Accept-Ranges") == "bytes"
    return response.status_code == 206 or (takes_ranges and "Range" in request.headers)


def _is_worth_it(request: HttpRequest, response: HttpResponseBase) -> bool:
    """Text of some length."""
    headers = response.headers
    if response.status_code in (204, 304) or "Content-Encoding" in headers:
        return False
    if not _TEXT.match(headers.get("Content-Type", "")):
        return False
    if isinstance(response, StreamingHttpResponse):
        return not response.is_async and int(headers.get("Content-Length", MIN_BYTES)) >= MIN_BYTES
    if isinstance(response, HttpResponse) and response.content:
        return len(response.content) >= MIN_BYTES
    return request.method == "HEAD" and int(headers.get("Content-Length", 0)) >= MIN_BYTES


def _pieces(pieces: Iterable[bytes], compressor: _Compressor) -> Iterator[bytes]:
    for piece in pieces:
        if written := compressor.compress(piece):
            yield written
    yield compressor.flush()

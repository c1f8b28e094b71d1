"""Files of a resource: all of a window as a stream, and the stored document of one object."""

from collections.abc import Callable
from typing import ClassVar

from django.conf import settings
from django.core.files import File
from django.http import StreamingHttpResponse
from django.http.response import HttpResponseBase
from rest_framework.request import Request

from cdsc_portal.lib.http.file_ranges import file_answer
from cdsc_portal.lib.http.problems import Problem
from cdsc_portal.lib.http.stream_places import STREAM_HEADERS, CountedStream, TooManyStreamsError
from cdsc_portal.lib.time import clock
from consent.access import DataAccess
from consent.api.gated import GatedView, bearer_token, headers_alone
from consent.api.problems import Refusal, bad_parameter, not_found, too_many_streams
from consent.queries.access import data_access
from consent.services.disclose import Release
from datahub.answers.coverage import coverage
from datahub.answers.page import Document
from datahub.api.founding.resource_query import parse_query
from datahub.resources.base import StoredFile, StreamedFile


class StreamView(GatedView):
    """The record of what leaves is written, and committed, before the first byte does."""

    file: ClassVar[StreamedFile]

    def get(self, request: Request) -> StreamingHttpResponse:
        at = clock.now()
        if "cursor" in request.query_params:
            raise bad_parameter("cursor", "a file has no pages")
        query = parse_query(request.query_params, now=at, purpose=request.path)
        covered = coverage(self.access, self.resource, services=query.services, window=query.window)
        form = self.file.forms[request.accepted_renderer.format](window=covered.window, at=at)
        disposition = f'attachment; filename="{self.file.file_name}.{form.suffix}"'
        headers = {"Content-Disposition": disposition, **STREAM_HEADERS}
        if request.method == "HEAD":
            return headers_alone(form.content_type, headers)
        known = self.file.known(covered)
        resolution = covered.resolution or "as_read"
        release = Release(self.resource, known.data, known.count, frozenset(covered.spans), resolution)
        self.record(release, request, span=covered.window, at=at)
        token = bearer_token(request)

        def reopen() -> DataAccess | None:
            return data_access(token, at=clock.now())

        def recheck() -> DataAccess | None:
            return data_access(token, at=clock.now(), lock=False)

        pieces = self.file.stream(form, reopen, recheck=recheck, services=query.services, window=query.window)
        try:
            stream = CountedStream(
                pieces, reader=f"client {self.access.client_id}", limit=settings.STREAMS_PER_CLIENT
            )
        except TooManyStreamsError as error:
            raise too_many_streams() from error
        return StreamingHttpResponse(stream, content_type=form.content_type, headers=headers)


class DocumentView(GatedView):
    """Raises Refusal: 404 for what is missing, foreign or has no file; 403 where services on it were not shared."""

    file: ClassVar[StoredFile]

    def get(self, request: Request, **key: str) -> HttpResponseBase:
        document, content = self._document(key[self.file.key])
        release = Release(self.resource, document.data, 1, document.contracts)
        self.record(release, request, span=document.data, at=clock.now())
        return file_answer(
            request,
            content(),
            etag=_tag(document),
            content_type=self.file.media_type,
            filename=document.file_name,
        )

    def etag(self, request: Request, **key: str) -> str:
        return _tag(self._document(key[self.file.key])[0])

    def _document(self, public_id: str) -> tuple[Document, "Callable[[], File[bytes]]"]:
        """The document, and what opens its file."""
        is_id = public_id.isascii() and public_id.isalnum()
        document = self.file.find(self.access.parts_for(self.resource), public_id) if is_id else None
        if document is None:
            raise not_found()
        if not document.is_whole:
            detail = "The document covers services that were not shared."
            raise Refusal(Problem(403, "withheld", detail, {"withheld": ["file"]}))
        if document.open is None:
            raise not_found()
        return document, document.open


def _tag(document: Document) -> str:
    """Of its bytes, which change less often than the rows around it."""
    return f'"{document.sha256}"'

"""The Server-Provided Files API: what staff let one third party fetch, by a Grant Admin token (R-174 to R-177)."""

from collections.abc import Collection
from datetime import datetime
from functools import partial

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from cdsc_portal.lib.http.file_ranges import file_answer
from cdsc_portal.lib.json.encoder import instant
from cdsc_portal.lib.time import clock
from cdsc_portal.lib.time.ranges import Span
from consent.access import FilesAccess
from consent.api.cds import endpoints
from consent.api.cds.calls import Answer, Gate, TokenCall, WrongToken, gated_endpoint, not_here, opened_by
from consent.api.cds.documents import json_answer
from consent.api.cds.listing import listed_words, newest_first
from consent.api.cds.shapes import FileObject
from consent.api.gated import is_known, leave_headers, not_modified, remote_address
from consent.models import ProvidedFile
from consent.queries.files_access import NotForFiles, files_access
from consent.queries.provided_files import readable_files
from consent.scopes.offer_types import GRANT_ADMIN
from consent.services.disclose import Release, record_disclosure

RESOURCE = "provided_files"
_FILTERS = ("file_ids",)


def file_object(file: ProvidedFile) -> FileObject:
    """Its members (section 12)."""
    return {
        "file_id": file.public_id,
        "name": file.name,
        "mime_type": file.mime_type,
        "description": file.description,
        "uri": endpoints.FILE.url(file_id=file.public_id),
        "download_uri": endpoints.FILE_CONTENT.url(file_id=file.public_id),
        "created": instant(file.created),
        "modified": instant(file.modified),
        "size": file.size,
    }


def list_files(request: HttpRequest, access: FilesAccess, token: str) -> HttpResponse:
    """Those of the token's grant, newest change first (R-175, R-186, R-187). One query."""
    files = readable_files(access, ids=listed_words(request.GET, "file_ids"))
    page = newest_first(files, request.GET, by="modified", url=endpoints.FILES.url(), filters=_FILTERS)
    _record(request, access, page.items)
    return json_answer(
        {
            "files": [file_object(file) for file in page.items],
            "next": page.next,
            "previous": page.previous,
        }
    )


def get_file(request: HttpRequest, access: FilesAccess, token: str, file_id: str) -> HttpResponse:
    file = _readable(access, file_id)
    _record(request, access, [file])
    return json_answer(file_object(file))


def get_content(request: HttpRequest, access: FilesAccess, token: str, file_id: str) -> HttpResponseBase:
    """Its bytes, whole or a range, as a file to keep; it breaks off once the token opens it no more (R-176)."""
    file = _readable(access, file_id)
    etag = f'"{file.digest}"'
    if is_known(request, etag):
        return not_modified(etag)
    _record(request, access, [file])

    def still_open() -> bool:
        opened = _opened(token, clock.now())
        return opened is not None and file.public_id in opened.files

    return file_answer(
        request,
        file.file.open("rb"),
        etag=etag,
        content_type=file.mime_type,
        filename=file.name,
        still_open=still_open,
    )


def _readable(access: FilesAccess, file_id: str) -> ProvidedFile:
    file = readable_files(access, ids=[file_id]).first()
    if file is None:
        raise not_here()
    return file


def _record(request: HttpRequest, access: FilesAccess, files: Collection[ProvidedFile]) -> None:
    """What leaves, in the transaction of the answer; HEAD releases nothing."""
    if request.method != "HEAD":
        record_disclosure(
            Release(RESOURCE, None, len(files), ()),
            access=access,
            scope=access.scope,
            span=Span(),
            address=remote_address(request),
            at=clock.now(),
        )


def _opened(token: str, at: datetime, *, lock: bool = False) -> FilesAccess | None:
    try:
        return files_access(token, at=at, lock=lock)
    except NotForFiles as other:
        raise WrongToken from other


_GATE = Gate(GRANT_ADMIN, _opened)
_HELD = Gate(GRANT_ADMIN, partial(_opened, lock=True))


def _answered(call: TokenCall[FilesAccess], answer: Answer, parts: dict[str, str]) -> HttpResponseBase:
    """One transaction, in which the grant stays as the gate reads it."""
    with transaction.atomic():
        access = opened_by(call.request, _HELD, call.token, call.at)
        response = answer(call.request, access, call.token, **parts)
    if call.request.method == "HEAD":
        leave_headers(response)
    return response


files = gated_endpoint(_GATE, {"get": list_files}, _answered)
file = gated_endpoint(_GATE, {"get": get_file}, _answered)
content = gated_endpoint(_GATE, {"get": get_content}, _answered)

"""The document of one bill statement."""

from datetime import timedelta

from django.http.response import HttpResponseBase
from rest_framework.request import Request

from cdsc_portal.lib.http.problems import Problem
from cdsc_portal.lib.time import clock
from cdsc_portal.lib.time.local_days import days
from consent.access import DataAccess
from consent.api.gated import GatedView, access_of, remote_address
from consent.api.problems import Refusal, not_found
from consent.services.disclose import record_disclosure
from datahub.api.etags import is_known, not_modified
from datahub.api.file_ranges import file_answer
from datahub.api.founding.documents import documented_file
from datahub.api.renderers import AnyRenderer
from datahub.bills.documents import BillDocument, bill_document
from datahub.models import BillStatement


@documented_file("The document of one statement, if every service on it was shared.")
class BillStatementFile(GatedView):
    resource = "bill_statements"
    renderer_classes = [AnyRenderer]

    def get(self, request: Request, statement_id: str) -> HttpResponseBase:
        at = clock.now()
        access = access_of(request)
        document = _readable(access, statement_id)
        etag = f'"{document.file_sha256}"'
        if is_known(request, etag):
            return not_modified(etag)
        date = days(document.statement_date, document.statement_date + timedelta(days=1))
        record_disclosure(
            access=access,
            scope=access.parts_for(self.resource)[0].scope,
            resource=self.resource,
            span=date,
            data=date,
            value_count=1,
            contracts=document.contracts,
            address=remote_address(request),
            at=at,
        )
        return file_answer(
            request,
            BillStatement(file=document.file).file.open("rb"),
            etag=etag,
            content_type="application/pdf",
            filename=document.file_name or f"{document.statement_number}.pdf",
        )


def _readable(access: DataAccess, statement_id: str) -> BillDocument:
    """Raises Refusal: 404 for what is missing, foreign or has no file; 403 where services on it were not shared."""
    is_id = statement_id.isascii() and statement_id.isalnum()
    document = bill_document(access.parts_for(BillStatementFile.resource), statement_id) if is_id else None
    if document is None:
        raise not_found()
    if not document.whole:
        raise Refusal(
            Problem(
                403, "withheld", "The document covers services that were not shared.", {"withheld": ["file"]}
            )
        )
    if not document.file:
        raise not_found()
    return document

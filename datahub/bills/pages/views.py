"""A customer's own bills: the list, one bill, and its document."""

import structlog
from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.http import urlencode
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.current_user import current_user
from accounts.queries.roles import visible_contracts
from cdsc_portal.lib.http.file_ranges import file_answer
from cdsc_portal.lib.http.security_policy import document_policy
from cdsc_portal.lib.time import clock
from consent.access import OwnerAccess
from datahub.bills.pages.bill_list import bill_list
from datahub.bills.pages.bill_page import bill_document, bill_page

log = structlog.get_logger()


@require_safe
@login_required
@never_cache
def bills(request: HttpRequest) -> HttpResponse:
    """`account`, `find` and `year` narrow, `page` turns the pages."""
    account, year = request.GET.get("account", ""), request.GET.get("year", "")
    is_id = account.isascii() and account.isalnum()
    is_year = year.isascii() and year.isdigit() and len(year) == 4 and int(year) > 0
    if (account and not is_id) or (year and not is_year):
        raise Http404
    search = request.GET.get("find", "").replace("\0", "").strip()[:100]
    listed = bill_list(
        access=_access(request),
        account=account,
        year=int(year) if year else None,
        number=request.GET.get("page", "1"),
        search=search,
        at=clock.now(),
    )
    filters = {"account": account, "find": search, "year": year}
    chosen = {name: value for name, value in filters.items() if value}
    query = f"&{urlencode(chosen)}" if chosen else ""
    return render(request, "datahub/bills.html", {"bills": listed, "query": query})


@require_safe
@login_required
@never_cache
def bill(request: HttpRequest, public_id: str) -> HttpResponse:
    page = bill_page(public_id, access=_access(request), at=clock.now())
    if page is None:
        raise Http404
    return render(request, "datahub/bill.html", {"bill": page, "pay_url": settings.BILL_PAY_URL})


@require_safe
@login_required
@never_cache
def bill_file(request: HttpRequest, public_id: str) -> HttpResponseBase:
    """The document as it was sent, kept from running anything in this site's name (P-21)."""
    statement = bill_document(public_id, access=_access(request))
    if statement is None:
        raise Http404
    try:
        document = statement.file.open("rb")
    except FileNotFoundError as error:
        log.error("bill_document.lost", statement=statement.public_id)
        raise Http404 from error
    answer = file_answer(
        request,
        document,
        etag=f'"{statement.file_sha256}"',
        content_type="application/pdf",
        filename=statement.file_name or f"{statement.statement_number}.pdf",
    )
    answer.headers["X-Content-Type-Options"] = "nosniff"
    answer.headers["Content-Security-Policy"] = document_policy()
    return answer


def _access(request: HttpRequest) -> OwnerAccess:
    """All that the user may see now, as owner, viewer or delegate (P-15)."""
    user = current_user(request)
    contracts = visible_contracts(user=user, at=clock.now())
    return OwnerAccess(user.pk, frozenset(contracts.values_list("pk", flat=True)))

"""What customers see of what they share: list, detail, who read what, receipts, stop."""

from contextlib import suppress
from datetime import datetime
from typing import TYPE_CHECKING

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from accounts.current_user import current_user
from cdsc_portal.lib.http.csv_files import csv_file
from cdsc_portal.lib.time import clock
from consent.models import Grant, Receipt
from consent.pages.confirmations import STOPPED, note_done, take_confirmation
from consent.pages.receipts.page import receipt_page
from consent.pages.redirects import SeeOther
from consent.pages.sharing import reads, sharing_list
from consent.pages.sharing.detail import sharing_detail
from consent.pages.sharing.shared_services import SERVICES_CSV_HEADER, service_rows
from consent.pages.sharing.stop import stop_page
from consent.queries.grant_contents import grant_contents, visible_keys
from consent.queries.visible_grants import grants_user_may_stop, visible_grants
from consent.services.stop import stop_sharing
from consent.transitions import TransitionNotAllowed

if TYPE_CHECKING:
    from consent.queries.visible_grants import VisibleGrant

_READS_A_PAGE = 25


@require_safe
@login_required
@never_cache
def sharing_list_page(request: HttpRequest) -> HttpResponse:
    """Now, waiting, ended."""
    page = sharing_list.sharing_list(
        user=current_user(request),
        at=clock.now(),
        search=request.GET.get("q", "").replace("\0", "").strip()[:100],
        now=_number(request.GET.get("now")),
        ended=_number(request.GET.get("ended")),
    )
    return render(request, "consent/sharing/list.html", {"sharing": page})


@require_safe
@login_required
@never_cache
def sharing_list_csv(request: HttpRequest) -> StreamingHttpResponse:
    """Everything that is or was shared, account by account, streamed."""
    rows = sharing_list.list_rows(user=current_user(request), at=clock.now())
    return csv_file("sharing.csv", sharing_list.CSV_HEADER, rows)


@require_safe
@login_required
@never_cache
def sharing_detail_page(request: HttpRequest, public_id: str) -> HttpResponse:
    """What, which, until; who read what; the timeline."""
    at, user = clock.now(), current_user(request)
    grant = grant_or_404(request, public_id, at)
    disclosures = reads.reads_of(grant, user=user, at=at)
    page = Paginator(disclosures, _READS_A_PAGE).get_page(request.GET.get("page"))
    context = {
        "sharing": sharing_detail(grant, user=user, at=at),
        "reads": [reads.read_in_words(read) for read in page],
        "page": page,
        "confirmation": take_confirmation(request, grant),
    }
    return render(request, "consent/sharing/detail.html", context)


@require_safe
@login_required
@never_cache
def sharing_reads(request: HttpRequest, public_id: str) -> StreamingHttpResponse:
    """Every read as CSV, streamed."""
    at = clock.now()
    grant = grant_or_404(request, public_id, at)
    rows = reads.read_rows(reads.reads_of(grant, user=current_user(request), at=at))
    return csv_file(f"reads-{grant.public_id}.csv", reads.CSV_HEADER, rows)


@require_safe
@login_required
@never_cache
def sharing_services(request: HttpRequest, public_id: str) -> StreamingHttpResponse:
    """Every service that is shared now and that the user may see, as CSV."""
    at = clock.now()
    grant = grant_or_404(request, public_id, at)
    contents = grant_contents(grant)
    rows = service_rows(contents, visible=visible_keys(contents, user=current_user(request), at=at))
    return csv_file(f"services-{grant.public_id}.csv", SERVICES_CSV_HEADER, rows)


@require_safe
@login_required
@never_cache
def sharing_receipt(request: HttpRequest, public_id: str, number: str) -> HttpResponse:
    """A receipt for a user who is logged in: the giver, or one who sees the grant and may stop what they own (F-29)."""
    at, user = clock.now(), current_user(request)
    # who gave it reads it, whatever roles have ended since
    given = Grant.objects.filter(user=user, public_id=public_id).first()
    grant = given or grant_or_404(request, public_id, at)
    receipts = Receipt.objects.select_related("grant__client", "grant__user")
    page = receipt_page(get_object_or_404(receipts, grant=grant, number=number), user=user, at=at)
    may_stop = page.is_open and grants_user_may_stop([grant], user=user, at=at)
    context = {
        "receipt": page,
        "stop_url": reverse("sharing_stop", args=[public_id]) if may_stop else "",
        "newer_url": reverse("sharing_receipt", args=[public_id, page.newer]) if page.newer else "",
        "gave_it": given is not None,
        "confirmation": take_confirmation(request, grant),
    }
    return render(request, "consent/receipt.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@never_cache
def sharing_stop(request: HttpRequest, public_id: str) -> HttpResponse:
    """The second of two clicks. GET shows, POST acts (C-40)."""
    at, user = clock.now(), current_user(request)
    grant = grant_or_404(request, public_id, at)
    back = reverse("sharing_detail", args=[public_id])
    if request.method == "POST" and request.POST.get("action") != "stop":
        return SeeOther(back)
    # pressed twice: nothing of the user's remains to stop
    if request.method == "POST" and not grant.has_services:
        return SeeOther(back)
    if not grants_user_may_stop([grant], user=user, at=at):
        raise Http404
    if request.method == "POST":
        with suppress(TransitionNotAllowed):  # it has ended some other way: the page says how
            stop_sharing(grant=grant, by=user, at=at)
            note_done(request, grant=grant, what=STOPPED, at=at)
        return SeeOther(back)
    context = {"stop": stop_page(grant, user=user, at=at), "base": "base.html", "back": back}
    return render(request, "consent/stop.html", context)


def grant_or_404(request: HttpRequest, public_id: str, at: datetime) -> "VisibleGrant":
    """A grant the user may see; foreign and missing look the same."""
    grant = visible_grants(user=current_user(request), at=at).filter(public_id=public_id).first()
    if grant is None:
        raise Http404
    return grant


def _number(text: str | None) -> int:
    return int(text) if text and text.isdecimal() and len(text) < 7 else 1

"""What customers see of what they share: list, detail, who read what, stop."""

import csv
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from typing import TYPE_CHECKING

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from accounts.current_user import current_user
from cdsc_portal.lib import clock
from cdsc_portal.lib.dates_in_words import moment_in_words
from consent.models import Actor, Grant
from consent.queries.reads import CSV_HEADER, read_in_words, read_rows, reads_of
from consent.queries.sharing_detail import sharing_detail
from consent.queries.sharing_list import grants_user_may_stop, sharing_list
from consent.queries.stop_page import stop_page
from consent.queries.visible_grants import visible_grants
from consent.services.revoke import revoke_grant
from consent.transitions import TransitionNotAllowed
from consent.views.redirects import SeeOther

if TYPE_CHECKING:
    from consent.queries.visible_grants import SeenGrant

_READS_A_PAGE = 25


@require_safe
@login_required
@never_cache
def sharing_list_page(request: HttpRequest) -> HttpResponse:
    """Now, waiting, ended."""
    return render(
        request,
        "consent/sharing_list.html",
        {"sharing": sharing_list(user=current_user(request), at=clock.now())},
    )


@require_safe
@login_required
@never_cache
def sharing_detail_page(request: HttpRequest, public_id: str) -> HttpResponse:
    """What, which, until; who read what; the timeline."""
    at = clock.now()
    grant = _grant_or_404(request, public_id)
    page = Paginator(reads_of(grant, user=current_user(request), at=at), _READS_A_PAGE).get_page(
        request.GET.get("page")
    )
    context = {
        "sharing": sharing_detail(grant, user=current_user(request), at=at),
        "reads": [read_in_words(read) for read in page],
        "page": page,
    }
    return render(request, "consent/sharing_detail.html", context)


@require_safe
@login_required
@never_cache
def sharing_reads(request: HttpRequest, public_id: str) -> StreamingHttpResponse:
    """Every read as CSV, streamed."""
    grant = _grant_or_404(request, public_id)
    rows = read_rows(reads_of(grant, user=current_user(request), at=clock.now()))
    response = StreamingHttpResponse(_csv_lines(rows), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="reads-{grant.public_id}.csv"'
    return response


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@never_cache
def sharing_stop(request: HttpRequest, public_id: str) -> HttpResponse:
    """The second of two clicks. GET shows, POST acts (C-40)."""
    at = clock.now()
    grant = _grant_or_404(request, public_id)
    if not grants_user_may_stop([grant], user=current_user(request), at=at):
        raise Http404
    if request.method == "POST":
        if request.POST.get("action") == "stop":
            _stop(request, grant, at)
        return SeeOther(reverse("sharing_detail", args=[public_id]))
    context = {"stop": stop_page(grant, at=at), "base": "base.html", "back": reverse("sharing_list")}
    return render(request, "consent/stop.html", context)


def _stop(request: HttpRequest, grant: Grant, at: datetime) -> None:
    with suppress(TransitionNotAllowed):  # it has ended some other way: the page says how
        revoke_grant(grant=grant, by=current_user(request), actor=Actor.CUSTOMER, at=at)
        messages.success(request, _("Stopped on %(moment)s.") % {"moment": moment_in_words(at)})


def _grant_or_404(request: HttpRequest, public_id: str) -> "SeenGrant":
    """A grant the user may see; foreign and missing look the same."""
    grant = visible_grants(user=current_user(request), at=clock.now()).filter(public_id=public_id).first()
    if grant is None:
        raise Http404
    return grant


class _Echo:
    """A file that hands back each line, so that a CSV can be streamed."""

    def write(self, line: str) -> str:
        return line


def _csv_lines(rows: Iterator[tuple[object, ...]]) -> Iterator[str]:
    writer = csv.writer(_Echo())
    yield writer.writerow(CSV_HEADER)
    for row in rows:
        yield writer.writerow(row)

"""/my/activity/ and the file of it."""

from datetime import datetime

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.current_user import current_user
from cdsc_portal.lib.http.csv_files import csv_file
from cdsc_portal.lib.time import clock
from consent.pages.activity.file import CSV_HEADER, activity_rows
from consent.pages.activity.page import ActivityFilter, activity_page, chosen_filter


@require_safe
@login_required
@never_cache
def activity(request: HttpRequest) -> HttpResponse:
    """By day: companies, people, support."""
    at = clock.now()
    page = activity_page(user=current_user(request), chosen=_chosen(request, at), at=at)
    return render(request, "consent/activity.html", {"page": page})


@require_safe
@login_required
@never_cache
def activity_csv(request: HttpRequest) -> StreamingHttpResponse:
    """The same days and filter, each read and step on a line, streamed."""
    at = clock.now()
    rows = activity_rows(user=current_user(request), chosen=_chosen(request, at), at=at)
    return csv_file("activity.csv", CSV_HEADER, rows)


def _chosen(request: HttpRequest, at: datetime) -> ActivityFilter:
    return chosen_filter(
        length=request.GET.get("days", ""),
        last=request.GET.get("last", ""),
        who=request.GET.get("who", ""),
        today=timezone.localdate(at),
    )

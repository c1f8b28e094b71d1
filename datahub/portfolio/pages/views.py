"""A firm's portfolio: a line a service, sorted, narrowed and grouped; the same as CSV."""

import csv
import io
from datetime import date

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from accounts.current_user import current_user, is_read_only
from accounts.queries.roles import owns_any
from accounts.services.names import NotYoursToName, group_services
from cdsc_portal.lib.time import clock
from datahub.portfolio.pages.portfolio_page import (
    CSV_HEADER,
    PortfolioQuery,
    csv_rows,
    month_to_show,
    portfolio_page,
)
from datahub.portfolio.rows import Portfolio, forget_portfolio, portfolio


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@never_cache
def portfolio_lines(request: HttpRequest) -> HttpResponse:
    """`month`, `sort`, `find`, `group`, `kind` and `gaps` choose. POST puts ticked services into a group."""
    if request.method == "POST":
        return _grouped(request)
    query, rows = _chosen(request)
    at = clock.now()
    page = portfolio_page(rows, query, last=month_to_show(timezone.localdate(at)))
    may_group = owns_any(user=current_user(request), at=at)
    return render(request, "datahub/portfolio/lines.html", {"page": page, "may_group": may_group})


@require_safe
@login_required
@never_cache
def portfolio_file(request: HttpRequest) -> HttpResponse:
    """All lines that the page's choice has, not only those of one page."""
    query, rows = _chosen(request)
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(CSV_HEADER)
    writer.writerows(csv_rows(rows, query))
    response = HttpResponse("\ufeff" + text.getvalue(), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="portfolio-{rows.month:%Y-%m}.csv"'
    return response


def _chosen(request: HttpRequest) -> tuple[PortfolioQuery, Portfolio]:
    query, month = _parse_query(request)
    keeps = not is_read_only(request)
    return query, portfolio(user=current_user(request), month=month, at=clock.now(), keeps=keeps)


def _parse_query(request: HttpRequest) -> tuple[PortfolioQuery, date]:
    """With the first day of the month that is shown: the newest that is over, if the address names none or a later."""
    try:
        query = PortfolioQuery.parse(request.GET)
    except ValueError as error:
        raise Http404 from error
    last = month_to_show(timezone.localdate(clock.now()))
    return query, min(query.month.start, last) if query.month and query.month.start else last


def _grouped(request: HttpRequest) -> HttpResponse:
    user, at = current_user(request), clock.now()
    query, month = _parse_query(request)
    try:
        count = group_services(
            public_ids=request.POST.getlist("service"), group=request.POST.get("word", ""), by=user, at=at
        )
    except NotYoursToName:
        raise Http404 from None
    except ValueError as error:
        messages.error(request, str(error))
    else:
        forget_portfolio(user=user, month=month, at=at)
        words = ngettext(
            "%(count)s service changed its group.", "%(count)s services changed their group.", count
        )
        messages.success(request, words % {"count": count})
    return HttpResponseRedirect(reverse("my_portfolio") + query.url(), status=303)

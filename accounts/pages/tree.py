"""A customer's accounts, services and meters as a tree."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.current_user import current_user
from accounts.pages.tree_page import BY_REGION, accounts_page
from cdsc_portal.lib.time import clock


@require_safe
@login_required
@never_cache
def my_accounts(request: HttpRequest) -> HttpResponse:
    """`q` searches, `by` arranges by account or by region, `page` turns."""
    page = accounts_page(
        user=current_user(request),
        at=clock.now(),
        search=request.GET.get("q", "")[:100],
        by=BY_REGION if request.GET.get("by") == BY_REGION else "",
        number=request.GET.get("page", ""),
    )
    return render(request, "accounts/accounts.html", {"accounts": page})

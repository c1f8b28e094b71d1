"""A customer's first page: who can read the data, and what there is."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.current_user import current_user
from accounts.queries.holdings import holdings
from cdsc_portal.lib import clock
from consent.queries.sharing_list import sharing_list


@require_safe
@login_required
def my_home(request: HttpRequest) -> HttpResponse:
    """What is shared, what waits, and the accounts with their services."""
    at = clock.now()
    context = {
        "sharing": sharing_list(user=current_user(request), at=at),
        "accounts": holdings(user=current_user(request), at=at),
    }
    return render(request, "web/my_home.html", context)

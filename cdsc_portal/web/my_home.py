"""A customer's first page: who can read the data, what was used, what is to pay, and what waits for a decision."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.current_user import current_user
from accounts.queries.choices import contract_choices
from cdsc_portal.lib.time import clock
from consent.access import OwnerAccess
from consent.pages.sharing.readers import companies_reading, grants_to_decide
from consent.pages.waiting_requests import decisions_due
from datahub.bills.pages.bill_list import last_bill
from datahub.usage.pages.month_so_far import month_so_far

_COMPANIES, _SERVICES = 5, 5  # named; of more only how many there are


@require_safe
@login_required
@never_cache
def my_home(request: HttpRequest) -> HttpResponse:
    user, at = current_user(request), clock.now()
    services = contract_choices(user=user, at=at)
    current = [service for service in services if not service.has_ended] or services
    companies = companies_reading(user=user, at=at)
    context = {
        "decisions": decisions_due(user=user, at=at),
        "undecided": grants_to_decide(user=user, at=at),
        "company_count": len(companies),
        "companies": companies[:_COMPANIES],
        "more_companies": max(len(companies) - _COMPANIES, 0),
        "month": month_so_far(current, at=at),
        "bill": last_bill(access=OwnerAccess(user.pk, frozenset(service.key for service in services))),
        "has_services": bool(services),
        "services": services[:_SERVICES],
        "more_services": max(len(services) - _SERVICES, 0),
    }
    return render(request, "web/my_home.html", context)

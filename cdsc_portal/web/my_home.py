"""A customer's first page: who can read the data, what was used, what is to pay, and what waits for a decision."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.current_user import current_user, is_read_only
from accounts.queries.choices import contract_choices
from cdsc_portal.lib.time import clock
from consent.access import OwnerAccess
from consent.pages.developer.contact_login import is_contact_alone
from consent.pages.sharing.notices import sharing_notices
from consent.pages.sharing.readers import companies_reading, grants_to_decide
from consent.pages.waiting_requests import decisions_due
from consent.queries.visible_grants import open_grants
from datahub.bills.pages.first_page import first_page_bills
from datahub.portfolio.pages.portfolio_page import month_to_show
from datahub.portfolio.rows import prepare_soon
from datahub.usage.pages.home_cards import MOST_DRAWN, home_usage

_COMPANIES, _SERVICES, _NOTICES = 5, 5, 3  # named, of each kind; of more only how many there are


@require_safe
@login_required
@never_cache
def my_home(request: HttpRequest) -> HttpResponse:
    if not is_read_only(request) and is_contact_alone(request):
        return redirect("developer")
    user, at = current_user(request), clock.now()
    services = contract_choices(user=user, at=at)
    current = [service for service in services if not service.has_ended] or services
    grants = open_grants(user=user, at=at)
    companies = companies_reading(grants)
    access = OwnerAccess(user.pk, frozenset(service.key for service in services))
    usage = home_usage(current, access=access, at=at)
    bills, sharing = first_page_bills(access=access, at=at), sharing_notices(grants, at=at)
    has_portfolio = len(services) >= MOST_DRAWN
    if has_portfolio and not is_read_only(request):
        prepare_soon(user=user, month=month_to_show(timezone.localdate(at)), at=at)
    context = {
        "decisions": decisions_due(user=user, at=at),
        "undecided": grants_to_decide(grants),
        "company_count": len(companies),
        "companies": companies[:_COMPANIES],
        "more_companies": max(len(companies) - _COMPANIES, 0),
        "usage": usage,
        "late": bills.overdue[:_NOTICES],
        "gaps": usage.gaps[:_NOTICES] if usage else (),
        "sharing": sharing[:_NOTICES],
        "more_notices": sum(
            max(len(every) - _NOTICES, 0) for every in (bills.overdue, usage.gaps if usage else (), sharing)
        ),
        "has_portfolio": has_portfolio,
        "bill": bills.last,
        "has_services": bool(services),
        "services": services[:_SERVICES],
        "more_services": max(len(services) - _SERVICES, 0),
    }
    return render(request, "web/my_home.html", context)

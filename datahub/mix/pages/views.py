"""Where a customer's electricity came from."""

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.current_user import current_user
from accounts.queries.choices import contract_choices
from cdsc_portal.lib.time import clock
from consent.access import OwnerAccess
from datahub.mix.pages.page import SERIES, mix_page
from datahub.usage.pages.periods import ShownPeriod
from datahub.usage.pages.views import choose_service


@require_safe
@login_required
@never_cache
def mix(request: HttpRequest) -> HttpResponse:
    """`contract`, `series` and `period` choose; without them the first contract, its tariff, the newest month."""
    user = current_user(request)
    choices = contract_choices(user=user, at=clock.now())
    choice = choose_service(request, tuple(each for each in choices if each.is_electric))
    chosen = choice.chosen
    series = request.GET.get("series") or "tariff"
    text, period = request.GET.get("period", ""), None
    try:
        period = ShownPeriod.parse(text) if text else None
    except ValueError as error:
        raise Http404 from error
    if series not in SERIES or (period is not None and period.start is None):  # all years are not averaged
        raise Http404
    page = None
    if chosen is not None:
        access = OwnerAccess(user.pk, frozenset([chosen.key]))
        page = mix_page(chosen.key, chosen.public_id, access=access, series=series, period=period)
    return render(request, "datahub/mix.html", {"chooser": choice, "chosen": chosen, "page": page})

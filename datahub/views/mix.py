"""Where a customer's electricity came from."""

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.current_user import current_user
from accounts.models import Commodity
from accounts.queries.choices import ContractChoice, contract_choices
from accounts.queries.labels import contract_labels
from cdsc_portal.lib import clock
from consent.access import OwnerAccess
from datahub.queries.mix_page import SERIES, mix_page
from datahub.queries.usage_periods import ShownPeriod


@require_safe
@login_required
@never_cache
def mix(request: HttpRequest) -> HttpResponse:
    """`contract`, `series` and `period` choose; without them the first contract, its tariff, the newest month."""
    user = current_user(request)
    choices = _electricity(contract_choices(user=user, at=clock.now()))
    asked = request.GET.get("contract", "")
    chosen = _chosen(choices, asked) if choices or asked else None
    series = request.GET.get("series") or "tariff"
    period = _period(request.GET["period"]) if request.GET.get("period") else None
    if series not in SERIES:
        raise Http404
    page = None
    if chosen is not None:
        access = OwnerAccess(user.pk, frozenset([chosen.key]))
        page = mix_page(chosen.key, chosen.public_id, access=access, series=series, period=period)
    return render(request, "datahub/mix.html", {"choices": choices, "chosen": chosen, "page": page})


def _electricity(choices: tuple[ContractChoice, ...]) -> tuple[ContractChoice, ...]:
    """Only electricity has a mix."""
    labels = contract_labels([choice.key for choice in choices])
    electric = {label.key for label in labels if label.commodity == Commodity.ELECTRICITY}
    return tuple(choice for choice in choices if choice.key in electric)


def _chosen(choices: tuple[ContractChoice, ...], public_id: str) -> ContractChoice:
    """Somebody else's and no contract look the same: 404."""
    for choice in choices:
        if not public_id or choice.public_id == public_id:
            return choice
    raise Http404


def _period(text: str) -> ShownPeriod:
    """A year, a month or a day; all years are not averaged."""
    try:
        period = ShownPeriod.parse(text)
    except ValueError as error:
        raise Http404 from error
    if period.start is None:
        raise Http404
    return period

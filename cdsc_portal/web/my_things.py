"""The pages of one account, one service and one meter: what it is, who can read it, how new its data is."""

from collections.abc import Collection

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.current_user import current_user
from accounts.pages.account_facts import account_facts
from accounts.pages.contract_facts import contract_facts
from accounts.pages.meter_facts import meter_facts
from accounts.queries.roles import visible_contracts
from cdsc_portal.lib.time import clock
from cdsc_portal.lib.time.dates_in_words import end_in_words
from consent.pages.sharing.readers import readers_of_account, readers_of_contracts
from datahub.usage.facts import loaded_until, usage_facts


@require_safe
@login_required
@never_cache
def my_account(request: HttpRequest, public_id: str) -> HttpResponse:
    user, at = current_user(request), clock.now()
    account = account_facts(public_id, user=user, at=at)
    if account is None:
        raise Http404
    contracts = visible_contracts(user=user, at=at).filter(billing_account=account.key)
    context = {
        "account": account,
        "readers": readers_of_account(account.key, user=user, at=at),
        "data_until": _data_until(contracts.values_list("pk", flat=True)),
    }
    return render(request, "web/account.html", context)


@require_safe
@login_required
@never_cache
def my_contract(request: HttpRequest, public_id: str) -> HttpResponse:
    user, at = current_user(request), clock.now()
    contract = contract_facts(public_id, user=user, at=at)
    if contract is None:
        raise Http404
    context = {
        "contract": contract,
        "readers": readers_of_contracts([contract.key], user=user, at=at),
        "data_until": _data_until([contract.key]),
    }
    return render(request, "web/contract.html", context)


@require_safe
@login_required
@never_cache
def my_meter(request: HttpRequest, public_id: str) -> HttpResponse:
    user, at = current_user(request), clock.now()
    meter = meter_facts(public_id, user=user, at=at)
    if meter is None:
        raise Http404
    context = {
        "meter": meter,
        "readers": readers_of_contracts(meter.contracts, user=user, at=at),
        "data_until": _data_until(meter.contracts, meter=meter.key),
    }
    return render(request, "web/meter.html", context)


def _data_until(contracts: Collection[int], *, meter: int | None = None) -> str:
    """`November 23, 2026`: what readings of the contracts (database keys) go through, or those of one meter while it
    was theirs; "" where none has come. One query.
    """
    facts = usage_facts(contracts)
    until = loaded_until([link for link in facts.links if meter in (None, link.meter_id)], facts.loads)
    return end_in_words(until) if until is not None else ""

"""A customer's own usage: by year, month and day, and as a file."""

from dataclasses import dataclass

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import content_disposition_header, urlencode
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.current_user import current_user
from accounts.models import User
from accounts.queries.choices import ContractChoice, contract_choices
from cdsc_portal.lib import clock
from consent.access import OwnerAccess
from datahub.exports.stream import FORMS, usage_stream
from datahub.queries.usage_page import usage_page
from datahub.queries.usage_periods import ShownPeriod

_NAMES = {"csv": "CSV", "json": "JSON", "xml": "Green Button"}


@dataclass(frozen=True, slots=True)
class Download:
    """One form of the file of what is shown."""

    name: str
    url: str


@require_safe
@login_required
@never_cache
def usage(request: HttpRequest) -> HttpResponse:
    """`contract` and `period` choose; without them, the first contract and its newest year."""
    user, at = current_user(request), clock.now()
    choices = contract_choices(user=user, at=at)
    chosen = _chosen(choices, request.GET.get("contract", "")) if choices else None
    page = None
    if chosen is not None:
        period = _period(request.GET["period"]) if request.GET.get("period") else None
        page = usage_page(chosen.key, access=_access(user, chosen), period=period)
    context = {
        "choices": choices,
        "chosen": chosen,
        "page": page,
        "downloads": _downloads(chosen, page.period) if chosen and page and page.has_data else [],
    }
    return render(request, "datahub/usage.html", context)


@require_safe
@login_required
@never_cache
def usage_file(request: HttpRequest) -> StreamingHttpResponse:
    """What the page shows of a contract, reading by reading, in the `form` csv, json or xml."""
    user, at = current_user(request), clock.now()
    chosen = _chosen(contract_choices(user=user, at=at), request.GET.get("contract", ""))
    period = _period(request.GET.get("period", ""))
    form = FORMS.get(request.GET.get("form", ""))
    if form is None:
        raise Http404

    def reopen() -> OwnerAccess | None:
        """Roles end too, while a stream runs."""
        now = {choice.key for choice in contract_choices(user=user, at=clock.now())}
        return _access(user, chosen) if chosen.key in now else None

    file = form(window=period.span, at=at)
    name = f"usage-{chosen.number}-{period.text}.{file.suffix}"
    return StreamingHttpResponse(
        usage_stream(file, reopen, services=None, asked=period.span),
        content_type=file.content_type,
        headers={"Content-Disposition": content_disposition_header(True, name) or ""},
    )


def _chosen(choices: tuple[ContractChoice, ...], public_id: str) -> ContractChoice:
    """Somebody else's and no contract look the same: 404."""
    for choice in choices:
        if not public_id or choice.public_id == public_id:
            return choice
    raise Http404


def _period(text: str) -> ShownPeriod:
    try:
        return ShownPeriod.parse(text)
    except ValueError as error:
        raise Http404 from error


def _access(user: User, chosen: ContractChoice) -> OwnerAccess:
    return OwnerAccess(user.pk, frozenset([chosen.key]))


def _downloads(chosen: ContractChoice, period: str) -> list[Download]:
    query = {"contract": chosen.public_id, "period": period}
    return [
        Download(name, f"{reverse('my_usage_file')}?{urlencode({**query, 'form': form})}")
        for form, name in _NAMES.items()
    ]

"""A customer's own usage: by year, month, day, reading and hour, in energy or money, and as a file."""

from dataclasses import dataclass, replace

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.current_user import current_user
from accounts.models import User
from accounts.queries.choices import ContractChoice, contract_choices
from cdsc_portal.lib import clock
from cdsc_portal.lib.stream_places import STREAM_HEADERS, HeldStream
from consent.access import OwnerAccess
from datahub.usage.exports.stream import FORMS, usage_stream
from datahub.usage.facts import usage_facts
from datahub.usage.pages.choose import choose_service
from datahub.usage.pages.meters import meter_key, meters_of
from datahub.usage.pages.page import UsagePage, usage_page
from datahub.usage.pages.page_query import Look, Show, UsagePageQuery

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
    """The address holds all that is chosen; without a choice, the first contract and its newest year."""
    user = current_user(request)
    asked = _asked(request)
    choice = choose_service(request, contract_choices(user=user, at=clock.now()))
    chosen = choice.chosen
    page = _page(user, chosen, replace(asked, contract=chosen.public_id)) if chosen else None
    context = {
        "chooser": choice,
        "chosen": chosen,
        "page": page,
        "downloads": _downloads(page) if page and page.has_data else [],
    }
    return render(request, "datahub/usage.html", context)


@require_safe
@login_required
@never_cache
def usage_file(request: HttpRequest) -> StreamingHttpResponse:
    """What the page shows of a contract, reading by reading, in the `form` csv, json or xml."""
    user, at = current_user(request), clock.now()
    asked = _asked(request)
    chosen = choose_service(request, contract_choices(user=user, at=at)).chosen
    form = FORMS.get(request.GET.get("form", ""))
    if form is None or asked.period is None or chosen is None:
        raise Http404

    def reopen() -> OwnerAccess | None:
        """Roles end too, while a stream runs."""
        now = {choice.key for choice in contract_choices(user=user, at=clock.now())}
        return _access(user, chosen) if chosen.key in now else None

    meter = _meter(chosen, asked)
    file = form(window=asked.period.span, at=at)
    name = f"usage-{chosen.number}-{asked.period.text}.{file.suffix}"
    pieces = usage_stream(file, reopen, services=None, asked=asked.period.span, meter=meter)
    return StreamingHttpResponse(
        HeldStream(pieces, reader=f"user {user.pk}", limit=settings.STREAMS_PER_CLIENT),
        content_type=file.content_type,
        headers={"Content-Disposition": content_disposition_header(True, name) or "", **STREAM_HEADERS},
    )


def _page(user: User, chosen: ContractChoice, asked: UsagePageQuery) -> UsagePage | None:
    try:
        return usage_page(chosen.key, access=_access(user, chosen), asked=asked)
    except LookupError as error:
        raise Http404 from error


def _meter(chosen: ContractChoice, asked: UsagePageQuery) -> int | None:
    try:
        return meter_key(meters_of(usage_facts([chosen.key])) if asked.meter else {}, asked.meter)
    except LookupError as error:
        raise Http404 from error


def _asked(request: HttpRequest) -> UsagePageQuery:
    try:
        return UsagePageQuery.parse(request.GET)
    except ValueError as error:
        raise Http404 from error


def _access(user: User, chosen: ContractChoice) -> OwnerAccess:
    return OwnerAccess(user.pk, frozenset([chosen.key]))


def _downloads(page: UsagePage) -> list[Download]:
    query = page.asked.url(show=Show.ENERGY, look=Look.BARS)
    return [Download(name, f"{reverse('my_usage_file')}{query}&form={form}") for form, name in _NAMES.items()]

"""A customer's own usage: by year, month, day, reading and hour, in energy or money, and as a file."""

from collections.abc import Iterator
from dataclasses import replace

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
from accounts.queries.choices import Chooser, ContractChoice, chooser, contract_choices
from cdsc_portal.lib.http.stream_places import STREAM_HEADERS, CountedStream
from cdsc_portal.lib.time import clock
from consent.access import OwnerAccess
from datahub.usage.exports.stream import FORMS, usage_stream
from datahub.usage.facts import usage_facts
from datahub.usage.pages.page import (
    ChartKind,
    Show,
    UsagePage,
    UsagePageQuery,
    contract_meters,
    meter_key,
    usage_page,
)
from datahub.usage.pages.periods import ShownPeriod

_NAMES = {"csv": "CSV", "json": "JSON", "xml": "Green Button"}


@require_safe
@login_required
@never_cache
def usage(request: HttpRequest) -> HttpResponse:
    """The address holds all that is chosen; without a choice, the first contract and its last full day."""
    user = current_user(request)
    query = _parse_query(request)
    choice = choose_service(request, contract_choices(user=user, at=clock.now()))
    chosen, page = choice.chosen, None
    if chosen is not None:
        query = replace(query, contract=chosen.public_id)
        try:
            page = usage_page(chosen.key, access=_access(user, chosen), query=query)
        except LookupError as error:
            raise Http404 from error
    context = {"chooser": choice, "chosen": chosen, "page": page, "query": query, **_downloads(page)}
    return render(request, "datahub/usage.html", context)


def _downloads(page: UsagePage | None) -> dict[str, object]:
    """Names and addresses of the files of what is shown, and of the whole year that a shorter period lies in."""
    if page is None or not page.has_data:
        return {}
    shown = page.query.period
    periods = {"downloads": shown}
    if shown is not None and shown.start is not None and shown.text != f"{shown.start:%Y}":
        periods["year_downloads"] = ShownPeriod.parse(f"{shown.start:%Y}")
    files = {}
    for name, period in periods.items():
        query = page.query.url(period=period, show=Show.ENERGY, chart=ChartKind.BARS)
        address = reverse("my_usage_file") + query
        files[name] = [(label, f"{address}&form={form}") for form, label in _NAMES.items()]
    return {**files, "year": f"{shown.start:%Y}" if shown and shown.start else ""}


@require_safe
@login_required
@never_cache
def usage_file(request: HttpRequest) -> StreamingHttpResponse:
    """What the page shows of a contract, reading by reading, in the `form` csv, json or xml."""
    user, at = current_user(request), clock.now()
    query = _parse_query(request)
    chosen = choose_service(request, contract_choices(user=user, at=at)).chosen
    form = FORMS.get(request.GET.get("form", ""))
    if form is None or query.period is None or chosen is None:
        raise Http404
    try:
        meters = contract_meters(usage_facts([chosen.key])) if query.meter else {}
        meter = meter_key(meters, query.meter)
    except LookupError as error:
        raise Http404 from error

    def reopen() -> OwnerAccess | None:
        """Roles end too, while a stream runs."""
        now = {choice.key for choice in contract_choices(user=user, at=clock.now())}
        return _access(user, chosen) if chosen.key in now else None

    window = query.period.span
    file = form(window=window, at=at)
    name = f"usage-{chosen.number}-{query.period.text}.{file.suffix}"
    pieces = usage_stream(file, reopen, services=None, window=window, meter=meter)
    return streamed_file(user, pieces, content_type=file.content_type, name=name)


def streamed_file(
    user: User, pieces: Iterator[bytes], *, content_type: str, name: str
) -> StreamingHttpResponse:
    """`pieces` as a file for the user, of whom only so many leave at once."""
    stream = CountedStream(pieces, reader=f"user {user.pk}", limit=settings.STREAMS_PER_CLIENT)
    headers = {"Content-Disposition": content_disposition_header(True, name) or "", **STREAM_HEADERS}
    return StreamingHttpResponse(stream, content_type=content_type, headers=headers)


def choose_service(request: HttpRequest, choices: tuple[ContractChoice, ...]) -> Chooser:
    """`contract` names it, `find` searches it; somebody else's and no contract look the same: 404."""
    try:
        return chooser(
            choices, public_id=request.GET.get("contract", ""), search=request.GET.get("find", "")[:100]
        )
    except LookupError as error:
        raise Http404 from error


def _parse_query(request: HttpRequest) -> UsagePageQuery:
    try:
        return UsagePageQuery.parse(request.GET)
    except ValueError as error:
        raise Http404 from error


def _access(user: User, chosen: ContractChoice) -> OwnerAccess:
    return OwnerAccess(user.pk, frozenset([chosen.key]))

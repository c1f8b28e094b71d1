"""Changes of links in admin, and the disclosures that backdated ones affect: a list and a table to take away."""

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from accounts.admin.base import ReadOnlyAdmin, link_to
from accounts.models import LinkChange
from cdsc_portal.lib.json.encoder import instant
from cdsc_portal.lib.text.csv_cells import csv_cells
from cdsc_portal.lib.time import clock
from cdsc_portal.lib.time.ranges import Span
from datahub.feeds.loading.kinds import KINDS
from datahub.models import FeedRun
from datahub.resources.affected_disclosures import PAGE_SIZE, affected_disclosures, affected_page

SEE_DISCLOSURES = "consent.view_disclosure"
_POSITION = re.compile(r"([0-9]{1,18})-([0-9]{1,18})")
_COLUMNS = (
    "released_at", "contract_number", "client", "grant", "resource", "disclosure", "start", "end", "days",
    "recorded_at",
)  # fmt: skip


def affected_by_run(run: FeedRun) -> SafeString:
    """What staff should see on the page of a run of hierarchy or supply: how many releases its moves affect."""
    kind = KINDS.get(run.feed.kind)  # None: withdrawn
    if kind is None or not kind.moves_links or run.started is None:
        return SafeString("-")
    page, older = affected_page(recorded=_recorded(run))
    count = len(page)
    if older is None and not count:
        return SafeString("-")
    words = ngettext("%d disclosure made wrong", "%d disclosures made wrong", count) % count
    if older is not None:
        words = _("of the last %(checked)d alone, %(affected)s") % {"checked": PAGE_SIZE, "affected": words}
    address = f"{reverse('admin:accounts_linkchange_affected')}?run={run.public_id}"
    return format_html('<a href="{}">{}</a>', address, words)


def _recorded(run: FeedRun) -> Span:
    """While this run entered its changes; a run of the supply terms too."""
    return Span(run.started, run.finished or clock.now())


@admin.register(LinkChange)
class LinkChangeAdmin(ReadOnlyAdmin):
    """What links and contracts' dates were before each change. Nobody edits this."""

    list_display = (
        "at", "kind", "contract_page", "meter_page", "point_page", "region", "old_start", "old_end", "new_start",
        "new_end", "by",
    )  # fmt: skip
    list_filter = ("kind", "at")
    list_select_related = ("contract", "meter", "service_point", "by")
    search_fields = ("contract__contract_number__startswith", "meter__meter_number__startswith")
    fields = readonly_fields = (*list_display, "lost_from")

    @admin.display(description=_("contract"))
    def contract_page(self, change: LinkChange) -> str:
        return link_to(change.contract)

    @admin.display(description=_("meter"))
    def meter_page(self, change: LinkChange) -> str:
        return link_to(change.meter)

    @admin.display(description=_("service point"))
    def point_page(self, change: LinkChange) -> str:
        return link_to(change.service_point)

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path("affected/", wrap(self.affected), name="accounts_linkchange_affected"),
            path("affected.csv", wrap(self.affected_file), name="accounts_linkchange_affected_csv"),
            *super().get_urls(),
        ]

    def affected(self, request: HttpRequest) -> HttpResponse:
        filters = _parse_filters(request)
        position = None
        if after := request.GET.get("after"):
            keys = _POSITION.fullmatch(after)
            if keys is None:
                raise Http404
            position = int(keys[1]), int(keys[2])
        page, next_position = affected_page(**filters, after=position)
        chosen = {name: request.GET[name] for name in ("contract", "run") if request.GET.get(name)}
        older = None
        if next_position is not None:
            older = f"?{urlencode({**chosen, 'after': '{}-{}'.format(*next_position)})}"
        context = {
            **self.admin_site.each_context(request),
            "title": _("Disclosures affected by backdated moves"),
            "contract_number": filters["contract_number"],
            "run": request.GET.get("run", ""),
            "affected": [(each, link_to(each.contract), link_to(each.disclosure)) for each in page],
            "older": older,
            "table": self.has_export_permission(request)
            and f"{reverse('admin:accounts_linkchange_affected_csv')}?{urlencode(chosen)}",
        }
        return TemplateResponse(request, "admin/datahub/affected_disclosures.html", context)

    def affected_file(self, request: HttpRequest) -> StreamingHttpResponse:
        return self.csv_file(
            request,
            _csv_lines(_parse_filters(request)),
            name="affected-disclosures",
            what="disclosures affected by backdated moves, as CSV",
            sees=SEE_DISCLOSURES,
        )


def _parse_filters(request: HttpRequest) -> dict[str, Any]:
    """What the list is narrowed to. Raises PermissionDenied: the user may not see disclosures; Http404: no such run."""
    if not request.user.has_perm(SEE_DISCLOSURES):
        raise PermissionDenied
    run = request.GET.get("run")
    recorded = _recorded(get_object_or_404(FeedRun, public_id=run)) if run else None
    return {"contract_number": request.GET.get("contract", "").strip(), "recorded": recorded}


def _csv_lines(filters: dict[str, Any]) -> Iterator[str]:
    """The table as CSV, header first; a page of the list in memory at a time."""
    yield f"{','.join(_COLUMNS)}\r\n"
    for affected in affected_disclosures(**filters):
        disclosure = affected.disclosure
        for span in affected.spans:
            cells = [
                instant(disclosure.released_at),
                affected.contract.contract_number,
                disclosure.grant.client.name,
                disclosure.grant.public_id,
                disclosure.resource,
                disclosure.number,
                instant(span.start) if span.start else "",
                instant(span.end) if span.end else "",
                str(affected.days),
                instant(affected.recorded),
            ]
            yield f"{csv_cells(cells)}\r\n"

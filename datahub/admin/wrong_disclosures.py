"""Changes of links in admin, and the releases that late ones made wrong: a list and a table to take away."""

import csv

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from accounts.admin.base import ReadOnlyAdmin, link_to
from accounts.models import LinkChange
from cdsc_portal.lib import clock
from cdsc_portal.lib.csv_cells import plain_cell
from cdsc_portal.lib.json import instant
from cdsc_portal.lib.ranges import Span
from datahub.models import FeedKind, FeedRun
from datahub.queries.wrong_disclosures import MOST, WrongDisclosure, wrong_disclosures

SEE_DISCLOSURES = "consent.view_disclosure"
_COLUMNS = (
    "released_at", "contract_number", "client", "grant", "resource", "disclosure", "start", "end", "days",
    "recorded_at",
)  # fmt: skip


def wrong_by_run(run: FeedRun) -> SafeString:
    """What staff should see on the page of a run of the hierarchy: how many releases its moves made wrong."""
    if run.feed.kind != FeedKind.HIERARCHY or run.started is None:
        return SafeString("-")
    recorded = Span(run.started, run.finished or clock.now())
    found = len(wrong_disclosures(recorded=recorded))
    if not found:
        return SafeString("-")
    words = ngettext("%d disclosure made wrong", "%d disclosures made wrong", found) % found
    return format_html('<a href="{}">{}</a>', reverse("admin:accounts_linkchange_wrong"), words)


@admin.register(LinkChange)
class LinkChangeAdmin(ReadOnlyAdmin):
    """What links and contracts' dates were before each change. Nobody edits this."""

    list_display = (
        "at", "kind", "contract_page", "meter_page", "point_page", "old_start", "old_end", "new_start", "new_end", "by",
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
            path("wrong/", wrap(self.wrong_page), name="accounts_linkchange_wrong"),
            path("wrong.csv", wrap(self.wrong_file), name="accounts_linkchange_wrong_csv"),
            *super().get_urls(),
        ]

    def wrong_page(self, request: HttpRequest) -> HttpResponse:
        number = request.GET.get("contract", "").strip()
        found = _found(request)
        context = {
            **self.admin_site.each_context(request),
            "title": _("Releases that late moves made wrong"),
            "contract_number": number,
            "found": [(one, link_to(one.contract), link_to(one.disclosure)) for one in found],
            "is_cut": len(found) >= MOST,
            "table": f"{reverse('admin:accounts_linkchange_wrong_csv')}?{request.GET.urlencode()}",
        }
        return TemplateResponse(request, "admin/datahub/wrong_disclosures.html", context)

    def wrong_file(self, request: HttpRequest) -> HttpResponse:
        response = HttpResponse(content_type="text/csv; charset=utf-8")
        response["Content-Disposition"] = 'attachment; filename="wrong-disclosures.csv"'
        writer = csv.writer(response)
        writer.writerow(_COLUMNS)
        for one in _found(request):
            for span in one.stretches:
                writer.writerow(_line(one, span))
        return response


def _found(request: HttpRequest) -> list[WrongDisclosure]:
    """Raises PermissionDenied where the user may not see disclosures."""
    if not request.user.has_perm(SEE_DISCLOSURES):
        raise PermissionDenied
    return wrong_disclosures(contract_number=request.GET.get("contract", "").strip())


def _line(one: WrongDisclosure, span: Span) -> list[object]:
    disclosure = one.disclosure
    return [
        instant(disclosure.released_at), plain_cell(one.contract.contract_number),
        plain_cell(disclosure.grant.client.name),
        disclosure.grant.public_id, disclosure.resource, disclosure.public_id,
        instant(span.start) if span.start else "", instant(span.end) if span.end else "", one.days,
        instant(one.recorded),
    ]  # fmt: skip

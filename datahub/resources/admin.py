"""Changes of links in admin, and the releases that late ones made wrong: a list and a table to take away."""

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
from datahub.resources.affected_disclosures import (
    PAGE_SIZE,
    Place,
    WrongDisclosure,
    wrong_disclosures,
    wrong_page,
)

SEE_DISCLOSURES = "consent.view_disclosure"
_PLACE = re.compile(r"([0-9]{1,18})-([0-9]{1,18})")
_COLUMNS = (
    "released_at", "contract_number", "client", "grant", "resource", "disclosure", "start", "end", "days",
    "recorded_at",
)  # fmt: skip


def wrong_by_run(run: FeedRun) -> SafeString:
    """What staff should see on the page of a run of hierarchy or supply: how many releases its moves made wrong."""
    kind = KINDS.get(run.feed.kind)  # None: withdrawn
    if kind is None or not kind.moves_links or run.started is None:
        return SafeString("-")
    page = wrong_page(recorded=_recorded(run))
    found = len(page.found)
    if page.resume is None and not found:
        return SafeString("-")
    words = ngettext("%d disclosure made wrong", "%d disclosures made wrong", found) % found
    if page.resume is not None:
        words = _("of the last %(looked_at)d alone, %(found)s") % {"looked_at": PAGE_SIZE, "found": words}
    address = f"{reverse('admin:accounts_linkchange_wrong')}?run={run.public_id}"
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
            path("wrong/", wrap(self.wrong_page), name="accounts_linkchange_wrong"),
            path("wrong.csv", wrap(self.wrong_file), name="accounts_linkchange_wrong_csv"),
            *super().get_urls(),
        ]

    def wrong_page(self, request: HttpRequest) -> HttpResponse:
        asked = _asked(request)
        page = wrong_page(**asked, after=_place(request.GET.get("after", "")))
        kept = _kept(request)
        context = {
            **self.admin_site.each_context(request),
            "title": _("Disclosures affected by backdated moves"),
            "contract_number": asked["contract_number"],
            "run": request.GET.get("run", ""),
            "found": [(one, link_to(one.contract), link_to(one.disclosure)) for one in page.found],
            "older": page.resume
            and f"?{urlencode({**kept, 'after': f'{page.resume.disclosure}-{page.resume.contract}'})}",
            "table": self.has_export_permission(request)
            and f"{reverse('admin:accounts_linkchange_wrong_csv')}?{urlencode(kept)}",
        }
        return TemplateResponse(request, "admin/datahub/wrong_disclosures.html", context)

    def wrong_file(self, request: HttpRequest) -> StreamingHttpResponse:
        asked = _asked(request)
        return self.csv_file(
            request,
            _lines(asked),
            name="wrong-disclosures",
            what="disclosures affected by backdated moves, as CSV",
        )


def _asked(request: HttpRequest) -> dict[str, Any]:
    """What the list is narrowed to. Raises PermissionDenied: the user may not see disclosures; Http404: no such run."""
    if not request.user.has_perm(SEE_DISCLOSURES):
        raise PermissionDenied
    run = request.GET.get("run")
    recorded = _recorded(get_object_or_404(FeedRun, public_id=run)) if run else None
    return {"contract_number": request.GET.get("contract", "").strip(), "recorded": recorded}


def _kept(request: HttpRequest) -> dict[str, str]:
    return {name: request.GET[name] for name in ("contract", "run") if request.GET.get(name)}


def _place(text: str) -> Place | None:
    """Where the page before ended. Raises Http404: nowhere."""
    if not text:
        return None
    found = _PLACE.fullmatch(text)
    if found is None:
        raise Http404
    return Place(int(found[1]), int(found[2]))


def _lines(asked: dict[str, Any]) -> Iterator[str]:
    """The table as CSV, header first; a page of the list in memory at a time."""
    yield f"{','.join(_COLUMNS)}\r\n"
    for one in wrong_disclosures(**asked):
        for span in one.stretches:
            yield f"{csv_cells(_line(one, span))}\r\n"


def _line(one: WrongDisclosure, span: Span) -> list[str]:
    disclosure = one.disclosure
    return [
        instant(disclosure.released_at),
        one.contract.contract_number,
        disclosure.grant.client.name,
        disclosure.grant.public_id,
        disclosure.resource,
        disclosure.public_id,
        instant(span.start) if span.start else "",
        instant(span.end) if span.end else "",
        str(one.days),
        instant(one.recorded),
    ]

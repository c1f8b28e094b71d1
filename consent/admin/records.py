"""Requests, receipts, disclosures and mail: what was asked, shown, released and sent. Nobody edits them.

The keys of addresses that work without a login (a request's, a receipt's) are shown nowhere, and so no mail's
text: with them staff could act as the customer.
"""

from typing import Any

from django.contrib import admin, messages
from django.db import transaction
from django.db.models import F, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.formats import number_format
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from accounts.admin.ask import ask_about_rows
from accounts.admin.base import ActingAdmin, ReadOnlyAdmin, link_to, links_to
from accounts.admin.closing import ClosingAdmin, OpenMatterFilter
from accounts.admin.export import ExportAdmin
from accounts.admin.key_pages import KeyPagedAdmin
from accounts.mail.resend import send_again
from accounts.models import ClosedKind, OutgoingMail, ServiceContract
from cdsc_portal.lib.time import clock
from consent.admin.disclosure_numbers import period_of_number
from consent.admin.filters import DisclosureScopeFilter, OutstandingFilter, RequestScopeFilter
from consent.models import ConsentRequest, Disclosure, Grant, Receipt
from consent.pages.staff_figures import open_mails

_SHOWN = 200  # contracts


class _SearchedInLowerCase(ExportAdmin):
    """Numbers that people read out are stored in lower case."""

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> Any:  # noqa: ANN401
        return super().get_search_results(request, queryset, search_term.lower())


@admin.register(ConsentRequest)
class ConsentRequestAdmin(_SearchedInLowerCase):
    """What a third party asked, and what became of it."""

    list_display = ("reference", "client_page", "status", "created", "decided_at", "user_page")
    list_select_related = ("client", "user")
    list_filter = ("status", "client", RequestScopeFilter)
    export_fields = (
        "reference",
        "client__name",
        "status",
        "created",
        "expires",
        "decided_at",
        "grant__public_id",
    )
    search_fields = ("reference__startswith",)
    fields = readonly_fields = (
        "reference", "status", "superseded_by", "client_page", "user_page", "grant_page", "created", "expires",
        "decided_at", "redirect_uri", "details",
    )  # fmt: skip

    @admin.display(description=_("company"), ordering="client__name")
    def client_page(self, request: ConsentRequest) -> str:
        return link_to(request.client)

    @admin.display(description=_("customer user"))
    def user_page(self, request: ConsentRequest) -> str:
        return link_to(request.user)

    @admin.display(description=_("grant"))
    def grant_page(self, request: ConsentRequest) -> str:
        return link_to(request.grant)


@admin.register(Receipt)
class ReceiptAdmin(_SearchedInLowerCase):
    """What the customer was shown and agreed to, as it was."""

    list_display = ("number", "grant_page", "client_page", "created", "superseded_page")
    list_select_related = ("grant__client", "superseded_by")
    export_fields = ("number", "grant__public_id", "grant__client__name", "created", "superseded_by__number")
    search_fields = ("number__startswith",)
    fields = readonly_fields = (
        "number", "grant_page", "client_page", "created", "superseded_page", "facts", "personal",
    )  # fmt: skip

    @admin.display(description=_("grant"))
    def grant_page(self, receipt: Receipt) -> str:
        return link_to(receipt.grant)

    @admin.display(description=_("company"))
    def client_page(self, receipt: Receipt) -> str:
        return link_to(receipt.grant.client)

    @admin.display(description=_("replaced by"))
    def superseded_page(self, receipt: Receipt) -> str:
        return link_to(receipt.superseded_by)


@admin.register(Disclosure)
class DisclosureAdmin(KeyPagedAdmin, ExportAdmin):
    """What was released, when and to whom. Only the API writes these."""

    key_time = "released_at"

    list_display = (
        "released_at", "client_page", "grant_page", "resource", "data_start", "data_end", "values", "address",
    )  # fmt: skip
    list_select_related = ("grant__client",)
    list_filter = (DisclosureScopeFilter, "grant__status", "grant__client")
    linked_lookups = ("grant__id__exact",)  # from the page of a grant
    export_fields = (
        "released_at", "grant__client__name", "grant__public_id", "scope", "resource", "data_start",
        "data_end", "value_count", "start", "end", "address",
    )  # fmt: skip
    search_fields = ("released_at",)  # by the beginning of a number
    search_help_text = _("The beginning of a number: its year, month, day and so on, UTC, such as 20261201.")
    fields = readonly_fields = (
        "number", "released_at", "client_page", "grant_page", "scope", "resource", "data_start",
        "data_end", "values", "start", "end", "address", "contract_pages",
    )  # fmt: skip

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Disclosure], search_term: str
    ) -> tuple[QuerySet[Disclosure], bool]:
        if not search_term.strip():
            return queryset, False
        period = period_of_number(search_term)
        if period is None:
            return queryset.none(), False
        return queryset.filter(released_at__gte=period.start, released_at__lt=period.end), False

    @admin.display(description=_("number"))
    def number(self, disclosure: Disclosure) -> str:
        return disclosure.number

    @admin.display(description=_("company"), ordering="grant__client__name")
    def client_page(self, disclosure: Disclosure) -> str:
        return link_to(disclosure.grant.client)

    @admin.display(description=_("grant"))
    def grant_page(self, disclosure: Disclosure) -> str:
        return link_to(disclosure.grant)

    @admin.display(description=_("contracts"))
    def contract_pages(self, disclosure: Disclosure) -> str:
        return links_to(ServiceContract.objects.filter(pk__in=disclosure.contracts[:_SHOWN]))

    @admin.display(description=_("values"), ordering="value_count")
    def values(self, disclosure: Disclosure) -> str:
        return number_format(disclosure.value_count, use_l10n=True, force_grouping=True)


@admin.register(OutgoingMail)
class OutgoingMailAdmin(ClosingAdmin, ActingAdmin, ReadOnlyAdmin):
    """Which mail went to whom, and what kept it back."""

    list_display = ("created", "kind", "to", "sent_at", "attempts", "error")
    act_permission = "accounts.change_outgoingmail"
    ordering = (F("sent_at").asc(nulls_first=True), "-created")  # outstanding first
    actions = ("send_again", "close")
    closes = ClosedKind.MAIL
    list_filter = (OpenMatterFilter, OutstandingFilter, "kind", ("sent_at", admin.EmptyFieldListFilter))
    search_fields = ("to__startswith",)
    fields = readonly_fields = (
        "kind", "to", "grant_page", "language", "subject", "created", "sent_at", "attempts", "next_attempt", "error",
    )  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> QuerySet[OutgoingMail]:
        """Without mail that opens a login: its row is deleted once it was sent."""
        return super().get_queryset(request).filter(opens_login=False)

    def open_matters(self, rows: QuerySet[OutgoingMail]) -> QuerySet[OutgoingMail]:
        return open_mails(rows)

    @admin.display(description=_("grant"))
    def grant_page(self, mail: OutgoingMail) -> str:
        return link_to(Grant.objects.filter(public_id=mail.about).first() if mail.about else None)

    @admin.action(description=_("Send again"), permissions=["act"])
    @transaction.atomic
    def send_again(self, request: HttpRequest, mails: QuerySet[OutgoingMail]) -> HttpResponse | None:
        """Asks first; each goes to the address the person has now."""
        count = mails.count()
        text = ngettext(
            "%d mail goes out again, to the address the person has now. If it went out before, it is written anew.",
            "%d mails go out again, to the addresses the people have now. Those that went out before are written anew.",
            count,
        )
        reason = ask_about_rows(
            request, self.admin_site, mails, action="send_again", title=_("Send again"), text=text % count,
            button=_("Send again"), back=reverse("admin:accounts_outgoingmail_changelist"),
        )  # fmt: skip
        if isinstance(reason, HttpResponse):
            return reason
        ticked = list(mails.select_related("user"))
        sent = send_again(mails=ticked, at=clock.now())
        for mail in sent:
            self.log_act(request, mail, "sent again", reason=reason)
        message = ngettext("%d mail goes out again.", "%d mails go out again.", len(sent))
        messages.success(request, message % len(sent))
        if unsent := len(ticked) - len(sent):
            message = ngettext(
                "%d mail does not go out again: what it said is over, or not for its reader any more.",
                "%d mails do not go out again: what they said is over, or not for their readers any more.",
                unsent,
            )
            messages.warning(request, message % unsent)
        return None

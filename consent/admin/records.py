"""Requests, receipts, disclosures and mail: what was asked, shown, released and sent. Nobody edits them.

The keys of addresses that work without a login (a request's, a receipt's) are shown nowhere, and so no mail's
text: with them staff could act as the customer.
"""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts.admin.base import ReadOnlyAdmin, link_to, links_to
from consent.models import ConsentRequest, Disclosure, OutgoingMail, Receipt

_SHOWN = 200  # contracts


class _Spoken(ReadOnlyAdmin):
    """Numbers that people read out are stored in lower case."""

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> Any:  # noqa: ANN401
        return super().get_search_results(request, queryset, search_term.lower())


@admin.register(ConsentRequest)
class ConsentRequestAdmin(_Spoken):
    """What a third party asked, and what became of it."""

    list_display = ("reference", "client_page", "status", "created", "decided_at", "user_page")
    list_select_related = ("client", "user")
    list_filter = ("status", "client")
    search_fields = ("reference__startswith",)
    fields = readonly_fields = (
        "reference", "status", "client_page", "user_page", "grant_page", "created", "expires", "decided_at",
        "redirect_uri", "details",
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
class ReceiptAdmin(_Spoken):
    """What the customer was shown and agreed to, as it was."""

    list_display = ("number", "grant_page", "client_page", "created", "superseded_page")
    list_select_related = ("grant__client", "superseded_by")
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
class DisclosureAdmin(ReadOnlyAdmin):
    """What was released, when and to whom. Only the API writes these."""

    list_display = ("released_at", "client_page", "grant_page", "resource", "value_count", "address")
    list_select_related = ("grant__client",)
    list_filter = ("resource", "grant__client")
    search_fields = ("public_id__startswith",)
    fields = readonly_fields = (
        "public_id", "released_at", "client_page", "grant_page", "scope", "resource", "start", "end",
        "value_count", "address", "contract_pages",
    )  # fmt: skip

    @admin.display(description=_("company"), ordering="grant__client__name")
    def client_page(self, disclosure: Disclosure) -> str:
        return link_to(disclosure.grant.client)

    @admin.display(description=_("grant"))
    def grant_page(self, disclosure: Disclosure) -> str:
        return link_to(disclosure.grant)

    @admin.display(description=_("contracts"))
    def contract_pages(self, disclosure: Disclosure) -> str:
        return links_to(disclosure.contracts.all()[:_SHOWN])


@admin.register(OutgoingMail)
class OutgoingMailAdmin(ReadOnlyAdmin):
    """Which mail went to whom, and what kept it back."""

    list_display = ("created", "kind", "to", "sent_at", "attempts", "error")
    list_filter = ("kind", ("sent_at", admin.EmptyFieldListFilter))
    search_fields = ("to__startswith",)
    fields = readonly_fields = (
        "kind", "to", "grant_page", "language", "subject", "created", "sent_at", "attempts", "next_attempt", "error",
    )  # fmt: skip
    list_select_related = ("grant",)

    @admin.display(description=_("grant"))
    def grant_page(self, mail: OutgoingMail) -> str:
        return link_to(mail.grant)

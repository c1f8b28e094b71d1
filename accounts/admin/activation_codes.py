"""Codes for first logins: who asked for one, and the page on which another of staff hands it out, once."""

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.cache import add_never_cache_headers
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action

from accounts.admin.ask import ask, to_page
from accounts.admin.base import ReadOnlyAdmin, link_to
from accounts.admin.first_login import CODE_REFUSALS
from accounts.current_user import current_user
from accounts.models import ActivationCode, CodeWay
from accounts.services.activation import VALID_DAYS, CodeRefused, hand_out_code
from cdsc_portal.lib.time import clock

HAND_OUT = "accounts.hand_out_activation_code"


@admin.register(ActivationCode)
class ActivationCodeAdmin(ReadOnlyAdmin):
    """Never the code itself: it is shown once, to who hands it out."""

    list_display = (
        "created",
        "customer_page",
        "role",
        "way",
        "issued_by",
        "handed_out_by",
        "handed_out_at",
        "used_at",
    )
    list_select_related = ("customer", "issued_by", "handed_out_by")
    list_filter = (
        "role",
        "way",
        ("handed_out_at", admin.EmptyFieldListFilter),
        ("used_at", admin.EmptyFieldListFilter),
    )
    search_fields = ("customer__customer_number__startswith",)
    ordering = ("-created", "-pk")
    fields = readonly_fields = (
        "customer_page", "role", "way", "address", "sent_to", "reason", "created", "issued_by", "handed_out_at",
        "handed_out_by", "until", "used_at", "used_by",
    )  # fmt: skip
    actions_detail = ("hand_out",)

    @admin.display(description=_("customer"), ordering="customer__customer_number")
    def customer_page(self, offered: ActivationCode) -> str:
        return link_to(offered.customer)

    def has_hand_out_permission(self, request: HttpRequest, object_id: str) -> bool:
        offered = self.get_object(request, unquote(str(object_id)))  # None for what is no key, too
        return request.user.has_perm(HAND_OUT) and offered is not None and offered.is_to_hand_out

    def get_urls(self) -> list[URLPattern]:
        page = self.admin_site.admin_view(self.hand_out_page)
        return [
            path("<int:pk>/hand-out/", page, name="accounts_activationcode_hand_out"),
            *super().get_urls(),
        ]

    @action(description=_("Hand it out"), permissions=["hand_out"])
    def hand_out(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return to_page("admin:accounts_activationcode_hand_out", object_id)

    def hand_out_page(self, request: HttpRequest, pk: int) -> HttpResponse:
        """GET shows who asked and why, POST shows the code, this once."""
        if not request.user.has_perm(HAND_OUT):
            raise PermissionDenied
        offered = get_object_or_404(ActivationCode.objects.select_related("customer", "issued_by"), pk=pk)
        page = reverse("admin:accounts_activationcode_change", args=[pk])
        if request.method == "POST":
            try:
                with transaction.atomic():
                    code = hand_out_code(offered=offered, by=current_user(request), at=clock.now())
                    self.log_act(request, offered, "handed out a code for a first login")
            except CodeRefused as refused:
                messages.error(request, CODE_REFUSALS[refused.code])
                return redirect(page)
            context = {
                **self.admin_site.each_context(request),
                "title": _("The code for the first login"),
                "code": code,
                "customer": offered.customer,
                "address": offered.address,
                "onward": page,
            }
            response = TemplateResponse(request, "admin/accounts/customer/code.html", context)
            add_never_cache_headers(response)
            return response
        words: dict[str, Any] = {
            "person": offered.issued_by, "customer": offered.customer, "role": offered.get_role_display(),
            "reason": offered.reason, "days": VALID_DAYS,
        }  # fmt: skip
        text = _(
            "%(person)s asked for a code for %(customer)s, role: %(role)s. Why: %(reason)s. Check it before you go on: "
            "the code is shown to you alone, once, and works for %(days)d days."
        )
        lines = [offered.address] if offered.way == CodeWay.LETTER else []
        return ask(
            request, self.admin_site, title=_("Hand out a code for a first login"), text=text % words, lines=lines,
            button=_("Show the code"), back=page,
        )  # fmt: skip

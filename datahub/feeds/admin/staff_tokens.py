"""Tokens of staff's programs in admin: shown once when they are made, never again."""

from datetime import timedelta

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.cache import add_never_cache_headers
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action

from accounts.admin.ask import ask, to_page
from accounts.admin.base import ReadOnlyAdmin, link_to
from accounts.current_user import current_user
from cdsc_portal.lib.text.one_line import validate_one_line
from cdsc_portal.lib.time import clock
from datahub.feeds.admin.base import RunnerAdmin
from datahub.feeds.sources.staff_tokens import (
    LONGEST_LIFE,
    TokenNotIssuedError,
    issue_staff_token,
    revoke_staff_token,
)
from datahub.models import StaffToken


class TokenForm(forms.Form):
    label = forms.CharField(label=_("What uses it"), max_length=100, validators=[validate_one_line])
    days = forms.IntegerField(
        label=_("Days it is good for"), min_value=1, max_value=LONGEST_LIFE.days, initial=90
    )


@admin.register(StaffToken)
class StaffTokenAdmin(RunnerAdmin, ReadOnlyAdmin):
    """Who may send files by program. Everyone makes tokens for themselves and may revoke any."""

    list_display = ("label", "user_page", "created", "expires", "last_used", "revoked")
    list_select_related = ("user",)
    list_filter = (("revoked", admin.EmptyFieldListFilter),)
    fields = readonly_fields = ("label", "user_page", "created", "expires", "last_used", "revoked")
    actions_list = ("make",)
    actions_detail = ("revoke",)

    @admin.display(description=_("user"), ordering="user__email")
    def user_page(self, token: StaffToken) -> str:
        return link_to(token.user)

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path("make/", wrap(self.make_page), name="datahub_stafftoken_make"),
            path("<int:pk>/revoke/", wrap(self.revoke_page), name="datahub_stafftoken_revoke"),
            *super().get_urls(),
        ]

    @action(description=_("Make a token"), permissions=["act"])
    def make(self, request: HttpRequest) -> HttpResponse:
        return redirect("admin:datahub_stafftoken_make")

    @action(description=_("Revoke"), permissions=["act"])
    def revoke(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return to_page("admin:datahub_stafftoken_revoke", object_id)

    def make_page(self, request: HttpRequest) -> HttpResponse:
        self.require_runner(request)
        form = TokenForm(request.POST or None)
        if request.method != "POST" or not form.is_valid():
            return ask(
                request, self.admin_site, form=form, title=_("Make a token"), button=_("Make it"),
                text=_("A program that has it may send feed files in your name, and nothing else. It is shown once."),
                back=reverse("admin:datahub_stafftoken_changelist"),
            )  # fmt: skip
        at, label = clock.now(), form.cleaned_data["label"]
        expires = at + timedelta(days=form.cleaned_data["days"])
        try:
            token, text = issue_staff_token(user=current_user(request), label=label, expires=expires, at=at)
        except TokenNotIssuedError as error:
            raise PermissionDenied from error
        self.log_addition(request, token, "made")
        context = {
            **self.admin_site.each_context(request),
            "title": token.label,
            "secret": text,
            "onward": reverse("admin:datahub_stafftoken_changelist"),
        }
        response = TemplateResponse(request, "admin/datahub/stafftoken/secret.html", context)
        add_never_cache_headers(response)
        return response

    def revoke_page(self, request: HttpRequest, pk: int) -> HttpResponse:
        self.require_runner(request)
        token = get_object_or_404(StaffToken, pk=pk)
        page = reverse("admin:datahub_stafftoken_change", args=[pk])
        if request.method == "POST":
            revoke_staff_token(token=token, at=clock.now())
            self.log_change(request, token, "revoked")
            messages.success(request, _("It opens nothing from now on."))
            return redirect(page)
        return ask(
            request,
            self.admin_site,
            title=_("Revoke %(token)s") % {"token": token.label},
            button=_("Revoke"),
            back=page,
            text=_("It opens nothing from the next call on. This cannot be undone; a new one can be made."),
        )

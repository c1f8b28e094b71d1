"""The way from a customer's staff page to the pages the customer sees: a reason first (P-23)."""

from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget

from accounts.admin.ask import ask, to_page
from accounts.admin.base import PortalAdmin
from accounts.current_user import current_user
from accounts.models import Customer, User
from accounts.services.support_sessions import NoPagesToShowError, start_support_session
from cdsc_portal.lib.time import clock

_START_SESSION = "accounts.add_supportsession"


class SupportSessionForm(forms.Form):
    """As whom, and why."""

    person = forms.ModelChoiceField(
        User.objects.none(), label=_("Whose pages"), empty_label=None, widget=UnfoldAdminSelectWidget
    )
    reason = forms.CharField(
        label=_("Why you open a support session. The customer can read this."),
        max_length=300,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
    )

    def __init__(self, customer: Customer, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401
        super().__init__(*args, **kwargs)
        people = User.objects.filter(memberships__customer=customer, is_staff=False).distinct()
        self.fields["person"].queryset = people.order_by("name", "email")  # type: ignore[attr-defined]


class StartSupportSessionAdmin(PortalAdmin):
    """The action and the page that asks."""

    def has_support_session_permission(self, request: HttpRequest, object_id: object = None) -> bool:
        return request.user.has_perm(_START_SESSION)

    def get_urls(self) -> list[URLPattern]:
        address = path(
            "<int:pk>/support-session/",
            self.admin_site.admin_view(self.support_session_page),
            name="accounts_customer_support_session",
        )
        return [address, *super().get_urls()]

    @action(description=_("See the customer's pages"), permissions=["support_session"])
    def support_session(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return to_page("admin:accounts_customer_support_session", object_id)

    def support_session_page(self, request: HttpRequest, pk: int) -> HttpResponse:
        """GET asks whose pages and why, POST logs it and goes there."""
        if not request.user.has_perm(_START_SESSION):
            raise PermissionDenied
        customer = get_object_or_404(Customer, pk=pk)
        form = SupportSessionForm(customer, request.POST or None)
        if request.method == "POST" and form.is_valid():
            try:
                sessions = start_support_session(
                    person=form.cleaned_data["person"],
                    by=current_user(request),
                    reason=form.cleaned_data["reason"],
                    at=clock.now(),
                )
            except NoPagesToShowError:
                form.add_error("person", _("This person has no pages of a customer."))
            else:
                return redirect(f"/admin/as/{sessions[0].visit}/my/")
        return ask(
            request,
            self.admin_site,
            form=form,
            title=_("See the pages of %s") % customer.name,
            text=_(
                "You see the same pages as the person, for 30 minutes, and can change nothing. The support session is "
                "logged under your name for every customer the person acts for; they can read when it was, and why."
            ),
            button=_("Start the support session"),
            back=reverse("admin:accounts_customer_change", args=[pk]),
        )

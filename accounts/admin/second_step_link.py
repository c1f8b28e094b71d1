"""The link with which a colleague sets up a second step: made by who manages staff, shown once, logged."""

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.cache import add_never_cache_headers
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action

from accounts.admin.ask import ReasonForm, ask, to_page
from accounts.admin.base import PortalAdmin
from accounts.current_user import current_user
from accounts.models import User
from accounts.services.enrolment import VALID_HOURS, NoLinkError, issue_link
from accounts.sign_in.enrolment import second_step_address
from cdsc_portal.lib.time import clock

_MANAGE = "accounts.manage_staff"


class SecondStepLinkAdmin(PortalAdmin):
    """The action on a person's page, and its page."""

    def has_second_step_permission(self, request: HttpRequest, object_id: object = None) -> bool:
        return request.user.has_perm(_MANAGE)

    def get_urls(self) -> list[URLPattern]:
        page = path(
            "<int:pk>/second-step/",
            self.admin_site.admin_view(self.second_step_page),
            name="accounts_user_second_step",
        )
        return [page, *super().get_urls()]

    @action(description=_("Link for a second step"), permissions=["second_step"])
    def make_second_step_link(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return to_page("admin:accounts_user_second_step", object_id)

    def second_step_page(self, request: HttpRequest, pk: int) -> HttpResponse:
        """GET asks why, POST shows the link, this once. Whoever may not change a colleague makes no link for them."""
        user = get_object_or_404(User, pk=pk, is_staff=True)
        if not (request.user.has_perm(_MANAGE) and self.has_change_permission(request, user)):
            raise PermissionDenied
        form = ReasonForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            try:
                secret = issue_link(
                    user=user, by=current_user(request), reason=form.cleaned_data["reason"], at=clock.now()
                )
            except NoLinkError:
                form.add_error(None, _("Nobody needs it: the person has a second step, or may not log in."))
            else:
                context = {
                    **self.admin_site.each_context(request),
                    "title": _("The link for the second step"),
                    "link": second_step_address(secret),
                    "person": user,
                    "hours": VALID_HOURS,
                    "onward": reverse("admin:accounts_user_change", args=[pk]),
                }
                response = TemplateResponse(request, "admin/accounts/user/second_step_link.html", context)
                add_never_cache_headers(response)
                return response
        return ask(
            request, self.admin_site, form=form, title=_("A link for the second step of %s") % user,
            text=_(
                "With this link and the password a colleague sets up a passkey or an authenticator app. It works once, "
                "within %d hours; an earlier link stops working."
            ) % VALID_HOURS,
            button=_("Make the link"), back=reverse("admin:accounts_user_change", args=[pk]),
        )  # fmt: skip

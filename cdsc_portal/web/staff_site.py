"""The site of the staff's pages: who may open it, how they log in, which pages it has."""

from collections.abc import Iterable
from typing import Any

from allauth.account.decorators import secure_admin_login
from allauth.core.internal.httpkit import add_query_params
from django.contrib.admin import ModelAdmin
from django.core.paginator import InvalidPage
from django.db.models import Model
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from unfold.sites import UnfoldAdminSite

from accounts.sign_in.second_step import may_run_the_site

_OURS = ("accounts", "consent", "datahub")


class StaffSite(UnfoldAdminSite):
    """The theme's site behind everybody's login page, with a second step for staff."""

    def register(
        self,
        model_or_iterable: type[Model] | Iterable[type[Model]],
        admin_class: "type[ModelAdmin[Any]] | None" = None,
        **options: object,
    ) -> None:
        """Take the pages of our own apps only: a change on a library's page would be in no log, and its tokens are
        nobody's to see or to make by hand."""
        if admin_class is not None and admin_class.__module__.split(".")[0] in _OURS:
            super().register(model_or_iterable, admin_class, **options)

    def has_permission(self, request: HttpRequest) -> bool:
        return may_run_the_site(request)

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Everybody's login page, then the second step for staff who have not taken it."""
        user = request.user
        if user.is_active and getattr(user, "is_staff", False) and not self.has_permission(request):
            target = request.GET.get("next") or request.get_full_path()
            return HttpResponseRedirect(add_query_params(reverse("second_step"), {"next": target}))
        response: HttpResponse = secure_admin_login(super().login)(request, extra_context)
        return response

    def search(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """The theme's search, of pages by their names. Raises Http404 for a page of the answer that is none."""
        try:
            return super().search(request, extra_context)
        except (ValueError, InvalidPage) as error:
            raise Http404 from error

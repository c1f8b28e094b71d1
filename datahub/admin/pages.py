"""A page that asks before it acts: GET shows, POST acts."""

from django import forms
from django.contrib.admin import AdminSite
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

RUN_FEEDS = "datahub.add_feedrun"


def require_runner(request: HttpRequest) -> None:
    """Raises PermissionDenied unless the user may start feed runs."""
    if not request.user.has_perm(RUN_FEEDS):
        raise PermissionDenied


def ask(
    request: HttpRequest,
    site: AdminSite,
    *,
    title: str,
    text: str,
    button: str,
    form: forms.Form | None = None,
) -> HttpResponse:
    """The page with `text`, the fields of `form` and one button."""
    context = {**site.each_context(request), "title": title, "text": text, "button": button, "form": form}
    return TemplateResponse(request, "admin/datahub/ask.html", context)

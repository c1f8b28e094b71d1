"""A page that asks before it acts: GET shows, POST acts."""

from django import forms
from django.contrib.admin import AdminSite
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.functional import Promise


def ask(
    request: HttpRequest,
    site: AdminSite,
    *,
    title: str | Promise,
    text: str,
    button: str | Promise,
    back: str,
    form: forms.Form | None = None,
) -> HttpResponse:
    """The page with `text`, the fields of `form`, one button and the way `back`."""
    context = {
        **site.each_context(request),
        "title": title,
        "text": text,
        "button": button,
        "back": back,
        "form": form,
    }
    return TemplateResponse(request, "admin/ask.html", context)

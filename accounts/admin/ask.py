"""A page that asks before it acts: GET shows, POST acts."""

from collections.abc import Sequence

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
    text: str | Promise,
    button: str | Promise,
    back: str,
    form: forms.Form | None = None,
    lines: Sequence[str] = (),
) -> HttpResponse:
    """The page with `text`, `lines` to read, the fields of `form`, one button and the way `back`."""
    context = {
        **site.each_context(request),
        "title": title,
        "text": text,
        "lines": lines,
        "button": button,
        "back": back,
        "form": form,
    }
    return TemplateResponse(request, "admin/ask.html", context)

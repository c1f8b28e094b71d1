"""A page that asks before it acts: GET shows, POST acts."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib.admin import AdminSite
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

_SHOWN = 20  # of the rows that are hit; all are counted


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
    hidden: Sequence[tuple[str, str]] = (),
) -> HttpResponse:
    """The page with `text`, `lines` to read, the fields of `form`, one button and the way `back`."""
    context = {
        **site.each_context(request),
        "title": title,
        "text": text,
        "lines": lines,
        "hidden": hidden,
        "button": button,
        "back": back,
        "form": form,
    }
    return TemplateResponse(request, "admin/ask.html", context)


def to_page(name: str, object_id: str) -> HttpResponse:
    """From an action to its own page. Raises Http404 for what is no key: the theme takes anything for one."""
    if not (object_id.isascii() and object_id.isdigit()):
        raise Http404
    return redirect(name, pk=object_id)


class ReasonForm(forms.Form):
    """Why staff do it; it goes into the log."""

    reason = forms.CharField(label=_("Why"), max_length=300, widget=forms.Textarea(attrs={"rows": 3}))


def ask_about_rows(
    request: HttpRequest,
    site: AdminSite,
    rows: QuerySet[Any],
    *,
    action: str,
    title: str | Promise,
    text: str | Promise,
    button: str | Promise,
    back: str,
) -> HttpResponse | str:
    """For an action on ticked rows: the page that repeats what is hit and asks why; then the reason.

    `text` says the effect, with the count in it. The rows stay those that were ticked.
    """
    is_confirmed = "confirmed" in request.POST
    form = ReasonForm(request.POST if is_confirmed else None)
    if is_confirmed and form.is_valid():
        return str(form.cleaned_data["reason"])
    hidden = [("action", action), ("confirmed", "yes")]
    hidden += [(ACTION_CHECKBOX_NAME, str(pk)) for pk in rows.values_list("pk", flat=True)]
    lines = [str(row) for row in rows[:_SHOWN]]
    return ask(
        request, site, title=title, text=text, button=button, back=back, form=form, lines=lines, hidden=hidden
    )

"""Customers name what they have: one thing on its page, or many from a list."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from accounts.current_user import current_user
from accounts.own_names import Kind
from accounts.pages.name_forms import NameForm, NamesFileForm
from accounts.pages.names_csv import LineProblem, NamesFileRefused, parse_csv, render_csv
from accounts.queries.named import nameable, nameable_one
from accounts.queries.roles import owned_accounts
from accounts.services.names import NotYoursToName, give_names
from cdsc_portal.lib.time import clock

_PAGES = {Kind.ACCOUNT: "my_account", Kind.CONTRACT: "my_contract", Kind.METER: "my_meter"}
_SHOWN = 100  # problems


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@never_cache
def name_one(request: HttpRequest, kind: Kind, public_id: str) -> HttpResponse:
    """Owners name; to all others the page does not exist."""
    user, at = current_user(request), clock.now()
    thing = nameable_one(kind, public_id, user=user, at=at)
    if thing is None:
        raise Http404
    back = reverse(_PAGES[kind], args=[public_id])
    form = NameForm(request.POST or None, initial={"name": thing.name})
    if request.method == "POST" and form.is_valid():
        if give_names(names={thing: form.cleaned_data["name"]}, by=user, at=at):
            messages.success(request, _("The name is saved."))
        return HttpResponseRedirect(back, status=303)
    return render(request, "accounts/name.html", {"form": form, "thing": thing, "back": back})


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@never_cache
def names_from_file(request: HttpRequest) -> HttpResponse:
    """All names of the list are saved, or none."""
    user, at = current_user(request), clock.now()
    if not owned_accounts(user=user, at=at).exists():
        raise Http404
    form = NamesFileForm(request.POST or None, request.FILES or None)
    problems: tuple[LineProblem, ...] = ()
    if request.method == "POST" and form.is_valid():
        try:
            names = parse_csv(form.cleaned_data["file"].read(), nameable(user=user, at=at))
            count = give_names(names=names, by=user, at=at)
        except NamesFileRefused as refused:
            problems = refused.problems
            words = ngettext(
                "%(count)s line cannot be used. Nothing was changed.",
                "%(count)s lines cannot be used. Nothing was changed.",
                len(problems),
            )
            form.add_error("file", words % {"count": len(problems)})
        except NotYoursToName:
            form.add_error("file", _("Your role has just changed. Nothing was saved."))
        else:
            words = ngettext("%(count)s name was changed.", "%(count)s names were changed.", count)
            messages.success(request, words % {"count": count})
            return HttpResponseRedirect(reverse("my_accounts"), status=303)
    context = {"form": form, "problems": problems[:_SHOWN], "more": max(len(problems) - _SHOWN, 0)}
    return render(request, "accounts/names.html", context)


@require_safe
@login_required
@never_cache
def names_file(request: HttpRequest) -> HttpResponse:
    """The numbers and names as they are, to fill in."""
    things = nameable(user=current_user(request), at=clock.now())
    if not things:
        raise Http404
    response = HttpResponse("\ufeff" + render_csv(things), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="names.csv"'
    return response

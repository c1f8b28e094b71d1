"""Pages that belong to no app: the front door, help, health, and the style guide of a development server."""

from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe
from django.views.i18n import set_language

from accounts.models import User
from accounts.services.choices import keep_language, keep_theme
from accounts.sign_in.choices import set_choice
from cdsc_portal.lib.http.addresses import is_own_address
from cdsc_portal.lib.http.themes import THEME_COOKIE, THEMES
from cdsc_portal.lib.time import clock
from cdsc_portal.web import health, styleguide_samples


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    return render(request, "web/home.html")


@require_POST
def choose_language(request: HttpRequest) -> HttpResponseBase:
    """For this browser, and for the mail of who is logged in."""
    if isinstance(request.user, User):
        keep_language(user=request.user, language=request.POST.get("language", ""))
    response = set_language(request)
    if isinstance(response, HttpResponseRedirect):
        response["Location"] = _back(request)
    return response


@require_POST
def choose_theme(request: HttpRequest) -> HttpResponse:
    """Light, dark or the system's: for this browser, and for who is logged in in the next one too."""
    theme = request.POST.get("theme", "")
    if isinstance(request.user, User):
        keep_theme(user=request.user, theme=theme)
    response = HttpResponseRedirect(_back(request))
    set_choice(response, THEME_COOKIE, theme if theme in THEMES else "")
    return response


def _back(request: HttpRequest) -> str:
    """The page on which somebody chose."""
    back = request.POST.get("next", "")
    return back if back and is_own_address(back) else reverse("home")


@require_safe
@never_cache
def health_live(request: HttpRequest) -> HttpResponse:
    """The process answers. Touches nothing else, so that a slow database restarts no web worker."""
    return JsonResponse({"status": "live"})


@require_safe
@never_cache
def health_ready(request: HttpRequest) -> HttpResponse:
    """200 when requests can be served, else 503 with the parts that are not ready, each in words."""
    problems = health.problems()
    if problems:
        return JsonResponse({"status": "not ready", "problems": problems}, status=503)
    return JsonResponse({"status": "ready"})


@require_safe
@never_cache
def health_workers(request: HttpRequest) -> HttpResponse:
    """200 when a worker serves each queue, else 503 with those that none does and when one last did."""
    silent = {served.queue: served.last for served in health.served_queues(at=clock.now()) if served.silent}
    if silent:
        return JsonResponse({"status": "silent", "last_served": silent}, status=503)
    return JsonResponse({"status": "working"})


@require_safe
def styleguide(request: HttpRequest) -> HttpResponse:
    return render(request, "web/styleguide.html", styleguide_samples.context())

"""/notices/off/<key>/: one click ends a kind of notice, without a login. GET shows, POST acts."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from accounts.mail.notice_links import read_off_link
from accounts.services.notices import turn_off
from cdsc_portal.lib.time import clock


@require_http_methods(["GET", "HEAD", "POST"])
@csrf_exempt  # a mail program posts by itself (RFC 8058); the key says whose switch it is
@never_cache
def notice_off(request: HttpRequest, key: str) -> HttpResponse:
    """The page of the link in a notice."""
    opened = read_off_link(key)
    if opened is None:
        raise Http404
    user, kind = opened
    if request.method == "POST":
        turn_off(user=user, kind=kind, at=clock.now())
    context = {"kind": kind.label, "is_off": request.method == "POST"}
    return render(request, "accounts/notice_off.html", context)

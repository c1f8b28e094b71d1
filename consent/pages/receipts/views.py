"""The receipt at its unguessable address: read and stop without a login (F-176, F-177, F-194)."""

from contextlib import suppress

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from accounts.current_user import current_user
from cdsc_portal.lib.http.secret_pages import shows_secret
from cdsc_portal.lib.secrets.checksums import checksum
from cdsc_portal.lib.time import clock
from consent.models import Actor, Receipt
from consent.pages.confirmations import STOPPED, note_done, take_confirmation
from consent.pages.receipts.page import receipt_page
from consent.pages.redirects import SeeOther
from consent.pages.sharing.stop import stop_page
from consent.services.revoke import revoke_grant
from consent.transitions import TransitionNotAllowed

_RECEIPTS = Receipt.objects.select_related("grant__client", "grant__user")
_NO_ROBOTS = "noindex, nofollow, noarchive"


@require_safe
@never_cache
@shows_secret
def receipt(request: HttpRequest, key: str, number: str = "") -> HttpResponse:
    """The stored copy with the current status; names and numbers only for its customer who is logged in.

    A `number` is that of another receipt of the same grant, such as the one that replaced it.
    """
    user = current_user(request) if request.user.is_authenticated else None
    opened = _receipt_or_404(key)
    if number:
        opened = get_object_or_404(_RECEIPTS, grant=opened.grant_id, number=number)
    page = receipt_page(opened, user=user, at=clock.now())
    context = {
        "receipt": page,
        "stop_url": reverse("receipt_stop", args=[key]) if page.is_open else "",
        "newer_url": reverse("receipt_of_same_grant", args=[key, page.newer]) if page.newer else "",
        "needs_no_login": True,
        "confirmation": take_confirmation(request, opened.grant),
    }
    response = render(request, "consent/receipt.html", context)
    response["X-Robots-Tag"] = _NO_ROBOTS
    return response


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@shows_secret
def receipt_stop(request: HttpRequest, key: str) -> HttpResponse:
    """GET shows, POST acts: whoever scans mail for links revokes nothing (C-40)."""
    at = clock.now()
    grant = _receipt_or_404(key).grant
    back = reverse("receipt", args=[key])
    if request.method == "POST":
        if request.POST.get("action") == "stop":
            with suppress(TransitionNotAllowed):  # it has ended some other way: the receipt says how
                revoke_grant(grant=grant, by=None, actor=Actor.LINK, at=at)
                note_done(request, grant=grant, what=STOPPED, at=at)
        return SeeOther(back)
    context = {"stop": stop_page(grant, user=None, at=at), "base": "base_focus.html", "back": back}
    response = render(request, "consent/stop.html", context)
    response["X-Robots-Tag"] = _NO_ROBOTS
    return response


def _receipt_or_404(key: str) -> Receipt:
    return get_object_or_404(_RECEIPTS, addresses__digest=checksum(key))

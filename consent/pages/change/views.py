"""Share less than before: fewer kinds of data, fewer services, other days. Never more (P-11)."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts.current_user import current_user
from cdsc_portal.lib.db.public_ids import new_secret
from cdsc_portal.lib.time import clock
from consent.models import Receipt
from consent.pages.change.forms import (
    ChangeForm,
    posted_form,
    present_form,
    requested_change,
    ticked_at_once,
    validate_choices,
)
from consent.pages.change.page import change_page
from consent.pages.confirmations import CHANGED, note_done
from consent.pages.part_fields import FieldError
from consent.pages.redirects import SeeOther
from consent.pages.sharing.views import grant_or_404
from consent.queries.visible_grants import grants_user_may_stop, is_open
from consent.services.change import change_sharing
from consent.services.change_offer import CHANGE_ASPECTS, ChangeOffer, build_change
from consent.services.decision import DecisionRefused, NotOffered, OfferChanged
from consent.services.digests import changed_aspects
from consent.transitions import TransitionNotAllowed

if TYPE_CHECKING:
    from consent.queries.visible_grants import VisibleGrant

_TOKEN_LENGTH = 64


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@never_cache
def sharing_change(request: HttpRequest, public_id: str) -> HttpResponse:
    """GET shows what is shared, POST keeps what is still ticked. Whoever may stop some of it may change that."""
    at, user = clock.now(), current_user(request)
    grant = grant_or_404(request, public_id, at)
    detail = reverse("sharing_detail", args=[public_id])
    token = _token(request.POST.get("form_token", ""))
    if token and Receipt.objects.filter(grant=grant, form_token=token).exists():
        return SeeOther(detail)  # the same form again: its outcome is on that page
    if not grants_user_may_stop([grant], user=user, at=at):
        raise Http404
    if not is_open(grant, at):
        return SeeOther(detail)
    offer = build_change(grant, user=user, at=at)
    if request.method != "POST":
        return _page(request, offer, present_form(offer))
    action = request.POST.get("action", "")
    if action == "keep":
        return SeeOther(detail)
    if action != "save":
        return _page(request, offer, ticked_at_once(posted_form(offer, request.POST), offer, action))
    return _change(request, grant, offer, token=token, at=at)


def _token(posted: str) -> str:
    """As the page made it; empty where it cannot be ours."""
    return posted if posted.isprintable() and len(posted) <= _TOKEN_LENGTH else ""


def _change(
    request: HttpRequest, grant: "VisibleGrant", offer: ChangeOffer, *, token: str, at: datetime
) -> HttpResponse:
    form, digest = posted_form(offer, request.POST), request.POST.get("digest", "")
    if digest != offer.digest:
        return _page(
            request, offer, form, changes=changed_aspects(digest, offer.digest, CHANGE_ASPECTS), status=409
        )
    if form.foreign or not token:
        return _refused(request, offer, NotOffered())
    errors = validate_choices(form, offer)
    if errors:
        return _page(request, offer, form, errors=errors, status=422)
    user = current_user(request)
    try:
        change_sharing(
            grant=grant, change=requested_change(form, offer), by=user, digest=digest, form_token=token, at=at
        )
    except OfferChanged as change:
        return _page(request, build_change(grant, user=user, at=at), form, changes=change.changed, status=409)
    except DecisionRefused as why:
        return _refused(request, offer, why)
    except TransitionNotAllowed:  # it ended while the page was open: the detail says how
        return SeeOther(reverse("sharing_detail", args=[grant.public_id]))
    note_done(request, grant=grant, what=CHANGED, at=at)
    return SeeOther(reverse("sharing_detail", args=[grant.public_id]))


def _refused(request: HttpRequest, offer: ChangeOffer, why: DecisionRefused) -> HttpResponse:
    """A form that says what no page offered: nothing changes, the page shows what is shared."""
    message = _("This would not be less than now, so nothing was changed. Here you can only share less.")
    if why.code == "nothing_chosen":
        message = _("Nothing would be left. To share nothing any more, stop sharing instead.")
    elif why.code == "all_or_none":
        message = _("This data comes together: all or none. To share nothing any more, stop sharing instead.")
    elif why.code == "period_empty":
        message = _("No day would be left. To share nothing any more, stop sharing instead.")
    errors = (FieldError("change", message),)
    return _page(request, offer, present_form(offer), errors=errors, status=422)


def _page(
    request: HttpRequest,
    offer: ChangeOffer,
    form: ChangeForm,
    *,
    errors: Sequence[FieldError] = (),
    changes: Sequence[str] = (),
    status: int = 200,
) -> HttpResponse:
    page = change_page(offer, form, form_token=new_secret(), errors=errors, changes=changes)
    return render(request, "consent/change/change.html", {"page": page}, status=status)

"""Pages without a decision: decided before, expired, superseded, another user's, no match, refused."""

from datetime import datetime, timedelta

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.current_user import current_user
from cdsc_portal.lib.http.security_policy import page_policy
from cdsc_portal.lib.time.dates_in_words import moment_in_words, time_in_words
from consent.models import ClientStatus, ConsentRequest, RequestStatus
from consent.oauth.answers import error_redirect, success_redirect
from consent.pages.confirmations import approved
from consent.pages.redirects import BackToClient, form_source, site_of
from consent.pages.status_words import words_of
from consent.queries.outcomes import code_was_used, receipt_of
from consent.queries.visible_grants import status_at
from consent.requests import AccessRequest
from consent.services.decision import ClientNotAllowed, DecisionRefused
from consent.services.third_parties.grant_updates import INVALID_USER
from consent.transitions import ENDED

# a second click within this time repeats the first one's redirect
_REPLAY = timedelta(minutes=2)

_REFUSALS: dict[str, str | Promise] = {
    "not_offered": _(
        "The form named data, services or dates that the company did not ask for, or that are not yours."
    ),
    "too_wide": _("The form named dates beyond those that the company asked for."),
    "may_not_decide": _("This login may look at these accounts, but not share their data."),
    "all_or_none": _("This request can be shared only as it was asked, or not at all."),
    "client_not_allowed": _("The company may not receive this data at the moment."),
}


def decided_page(
    request: HttpRequest, stored: ConsentRequest, *, pressed: bool, at: datetime
) -> HttpResponse:
    """The page of a decided request, for a second click, a second tab or the back button (F-83, P-07).

    A second click right after the approval is redirected like the first, while the company has not used its code.
    Only the user who opened the request is redirected; only the giver gets the link to the receipt.
    """
    grant, decided, user = stored.granted, stored.decided_at or at, current_user(request)
    is_replay = pressed and at - decided < _REPLAY and stored.user_id == user.pk
    if grant is not None and is_replay and not code_was_used(stored):
        return BackToClient(success_redirect(request=stored, grant=grant, at=at))
    receipt = receipt_of(grant) if grant is not None and grant.user_id == user.pk else None
    ended = words_of(grant, at).words if grant and status_at(grant, at) in ENDED else ""
    confirmation = None
    if grant is not None and receipt is not None and not ended:
        confirmation = approved(
            grant, receipt=receipt.number, time=time_in_words(decided), moment=moment_in_words(decided)
        )
    context = {
        "company": stored.client.name,
        "confirmation": confirmation,
        "carrier": str(stored.user) if stored.handed_over else "",
        "decided": moment_in_words(decided),
        "was_approved": stored.status == RequestStatus.APPROVED,
        "ended": ended,
        "receipt_url": reverse("sharing_receipt", args=[grant.public_id, receipt.number])
        if grant and receipt
        else "",
        "detail_url": reverse("sharing_detail", args=[grant.public_id]) if grant else "",
        "back_url": stored.client.confirmed_uri or site_of(stored.redirect_uri),
    }
    return render(request, "consent/request/decided.html", context)


def handed_back_page(request: HttpRequest, stored: ConsentRequest, *, at: datetime) -> HttpResponse:
    """The decision of a request that was handed over. GET only says it; "Continue" carries it to the company.

    A code goes out only while the company has used none, and to the browser that began: its own `state` is there.
    """
    grant = stored.grant
    can_continue = grant is None or (status_at(grant, at) not in ENDED and not code_was_used(stored))
    if request.POST.get("action") == "continue" and can_continue:
        if grant is not None:
            return BackToClient(success_redirect(request=stored, grant=grant, at=at))
        words = "The customer declined."
        return BackToClient(error_redirect(request=stored, error="access_denied", description=words))
    context = {
        "company": stored.client.name,
        "decided": moment_in_words(stored.decided_at or at),
        "person": str(grant.user) if grant and grant.user else "",
        "can_go_on": can_continue,
    }
    return allow_form_redirect(render(request, "consent/request/handed_back.html", context), stored)


def closed_page(request: HttpRequest, stored: ConsentRequest) -> HttpResponse:
    """The page of a request that is superseded by a newer one (P-31) or expired. Nothing was shared.

    Only the user who opened both gets the link to the newer one; an owner asked to decide this one does not.
    """
    newer = stored.superseded_by
    if stored.status == RequestStatus.SUPERSEDED:
        is_own = newer is not None and newer.user_id == current_user(request).pk
        context = {
            "company": stored.client.name,
            "carrier": "" if stored.user_id == current_user(request).pk else str(stored.user),
            "newer_url": reverse("my_request", args=[newer.reference]) if newer and is_own else "",
            "asked": moment_in_words(newer.created) if newer else "",
            "reference": stored.reference,
        }
        return render(request, "consent/request/superseded.html", context, status=410)
    back_url = error_redirect(request=stored, error="access_denied", description="The request has expired.")
    context = {"company": stored.client.name, "back_url": back_url}
    return render(request, "consent/request/expired.html", context, status=410)


def unfit_grant(stored: ConsentRequest) -> HttpResponse:
    """To the company: the grant that its request names is not this user's to change, or no longer (R-168)."""
    words = "cds_grant_id is no grant that this customer gave and can still change."
    return BackToClient(error_redirect(request=stored, error=INVALID_USER, description=words))


def bound_to_another_page(request: HttpRequest, stored: ConsentRequest) -> HttpResponse:
    """The page of a request that another user opened first (X-16)."""
    return allow_form_redirect(render(request, "consent/request/anothers.html", status=403), stored)


def no_match_page(request: HttpRequest, stored: ConsentRequest) -> HttpResponse:
    """None of the services asked for is this customer's (F-159 to F-163)."""
    parts = AccessRequest.from_json(stored.details).parts
    numbers = dict.fromkeys(
        number for part in parts if isinstance(part.services, tuple) for number in part.services
    )
    context = {
        "company": stored.client.name,
        "numbers": tuple(numbers),
        "reference": stored.reference,
        "tests_only": stored.client.status == ClientStatus.SANDBOX,
    }
    return allow_form_redirect(render(request, "consent/request/no_match.html", context), stored)


def refused_page(request: HttpRequest, stored: ConsentRequest, why: DecisionRefused) -> HttpResponse:
    """The page of a refused decision: the reason, and that nothing was shared."""
    context = {
        "company": stored.client.name,
        "reason": _REFUSALS.get(why.code, _("The decision could not be recorded.")),
        "request_url": request.path,
        "may_read_again": why.code != ClientNotAllowed.code,
        "reference": stored.reference,
    }
    return allow_form_redirect(render(request, "consent/request/refused.html", context, status=403), stored)


def allow_form_redirect(response: HttpResponse, stored: ConsentRequest) -> HttpResponse:
    """Let the content security policy allow the form's redirect to the third party."""
    response["Content-Security-Policy"] = page_policy(form_origins=[form_source(stored.redirect_uri)])
    return response

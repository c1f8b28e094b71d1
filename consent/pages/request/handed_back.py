"""The owner's decision, shown to the viewer who asked for it and takes it back to the company."""

from datetime import datetime

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from cdsc_portal.lib.time.dates_in_words import moment_in_words
from consent.models import ConsentRequest
from consent.oauth.answers import error_redirect, success_redirect
from consent.pages.redirects import BackToClient
from consent.pages.request.closed import allow_form_redirect
from consent.queries.outcomes import code_was_used
from consent.queries.visible_grants import status_at
from consent.transitions import ENDED


def handed_back(request: HttpRequest, stored: ConsentRequest, *, at: datetime) -> HttpResponse:
    """The decision of a request that was handed over. GET only says it; "Continue" carries it to the company.

    A code goes out only while the company has used none, and to the browser that began: its own `state` is there.
    """
    grant = stored.grant
    can_continue = grant is None or (status_at(grant, at) not in ENDED and not code_was_used(grant))
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
    return allow_form_redirect(render(request, "consent/handed_back.html", context), stored)

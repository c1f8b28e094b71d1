"""The server's own redirect address, for companies that have none (F-31, F-32)."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from consent.oauth.answers import grant_of_code
from consent.pages.redirects import SeeOther
from consent.queries.outcomes import receipt_of

# by error code: why the request could not be completed (F-169). The description in the address is not trusted.
_REASONS: dict[str, str | Promise] = {
    "no_preselections": _("It asks for services that do not appear to be yours."),
    "invalid_scope": _("It asks for a kind of data that this company may not ask for here."),
    "invalid_authorization_details": _("It describes the data in a way that we cannot read."),
    "invalid_request_uri": _("The link has expired or was used before."),
    "unauthorized_client": _("The company may not ask for data at the moment."),
}


@require_safe
@never_cache
def default_redirect(request: HttpRequest) -> HttpResponse:
    """Where an answer ends that goes to no other website: the receipt, or why there is none.

    A code leads only its own customer to the receipt.
    """
    if code := request.GET.get("code"):
        grant = grant_of_code(code)
        is_own = grant is not None and grant.user is not None and grant.user == request.user
        receipt = receipt_of(grant) if is_own else None
        if grant is not None and receipt is not None:
            return SeeOther(reverse("sharing_receipt", args=[grant.public_id, receipt.number]))
        return render(request, "consent/request/default_done.html")
    if not (error := request.GET.get("error")):
        raise Http404
    context = {
        "declined": error == "access_denied",
        "reason": _REASONS.get(error, _("The company sent it in a form that we cannot read.")),
    }
    return render(request, "consent/request/default_error.html", context)

"""/help/: questions people ask, how to reach us, and a form that becomes a case of staff's."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts.models import User
from accounts.pages.help_form import HelpForm
from accounts.services.help_cases import open_case
from cdsc_portal.lib.http.call_limits import seconds_until_allowed
from cdsc_portal.lib.time import clock
from cdsc_portal.lib.time.dates_in_words import moment_in_words
from consent.api.gated import remote_address

_CASES_A_MINUTE = 5  # of one address
_SENT = "help_case"  # in the session: the reference that was just given, and when


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def help_page(request: HttpRequest) -> HttpResponse:
    """What was sent is told on the page that follows, once."""
    user = request.user if isinstance(request.user, User) else None
    form = HelpForm(
        request.POST if request.method == "POST" else None, initial={"email": user.email if user else ""}
    )
    if request.method == "POST" and form.is_valid():
        at = clock.now()
        if seconds_until_allowed(f"help {remote_address(request)}", limit=_CASES_A_MINUTE, at=at):
            form.add_error(
                None, _("Too many messages were sent from here. Wait a minute, then send it again.")
            )
        else:
            case = open_case(**form.cleaned_data, user=user, at=at)
            request.session[_SENT] = [case.reference, moment_in_words(at)]
            return redirect(f"{reverse('help')}#sent")
    context = {
        "form": form,
        "sent": request.session.pop(_SENT, None),
        "phone": settings.SUPPORT_PHONE,
        "mail": settings.SUPPORT_MAIL,
        "hours": settings.SUPPORT_HOURS,
        "outages_url": settings.OUTAGES_URL,
    }
    return render(request, "web/help.html", context)

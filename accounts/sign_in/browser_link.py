"""A link by mail for the owner of a login that strangers closed to unknown browsers: it makes a browser a known one.

It opens nothing: who holds it may try the password as often as one device may, and ask for codes by mail.
"""

from allauth.account.adapter import get_adapter
from django.contrib import messages
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.models import User
from accounts.sign_in.known_device import remember_device
from cdsc_portal.lib.http.addresses import absolute_address

_PURPOSE = "browser link"
_LIFE = 24 * 60 * 60


def mail_browser_link(email: str) -> None:
    """Tell whose login it is that strangers try to get in, with a link that lets another browser go on."""
    user = User.objects.filter(email=email.strip().lower(), is_active=True).first()
    if user is not None:
        key = signing.dumps(user.public_id, salt=_PURPOSE)
        link = absolute_address(reverse("account_browser", args=[key]))
        get_adapter().send_mail("account/email/strangers", user.email, {"user": user, "link": link})


@require_safe
@never_cache
def know_browser(request: HttpRequest, key: str) -> HttpResponse:
    """The link: this browser is known for the login, and goes on to its page."""
    response = redirect("account_login")
    try:
        public_id = signing.loads(key, salt=_PURPOSE, max_age=_LIFE)
        user = User.objects.get(public_id=public_id, is_active=True)
    except (signing.BadSignature, User.DoesNotExist):
        messages.error(request, _("This link does not work any more."))
    else:
        remember_device(request, response, user)
        messages.success(request, _("You can log in with this browser now."))
    return response

"""A person registers a third party by a form (`cds_human_registration`), signed in or not; it ends at /developer/."""

from datetime import timedelta

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from accounts.models import User
from cdsc_portal.lib.http.call_limits import count_call
from cdsc_portal.lib.http.secret_pages import shows_secret
from cdsc_portal.lib.time import clock
from consent.api.gated import remote_address
from consent.models import Client, Registration
from consent.oauth.redirects import default_redirect_uri
from consent.pages.developer.contact_login import remember_contact
from consent.pages.developer.registration_form import RegistrationForm
from consent.pages.developer.secret_in_session import pop_secret, store_secret
from consent.pages.redirects import SeeOther
from consent.services.third_parties.client_values import ValueRefused
from consent.services.third_parties.contacts_of_registration import add_first_contact
from consent.services.third_parties.register import register

_KEY = (
    "registered_third_party"  # in the session: what this browser registered, until when it may be taken over
)
_FOR = timedelta(hours=1)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@shows_secret
def register_page(request: HttpRequest) -> HttpResponse:
    """The form; POST registers as a program's call does, within the same limit of calls."""
    form = RegistrationForm(*(request.POST, request.FILES) if request.method == "POST" else ())
    if request.method != "POST" or not form.is_valid():
        return render(request, "consent/developer/register.html", {"form": form})
    at = clock.now()
    count = count_call(
        f"registration {remote_address(request)}", limit=settings.REGISTRATIONS_PER_MINUTE, at=at
    )
    if count.wait:
        form.add_error(None, _("Too many registrations in a minute. Try again in %d seconds.") % count.wait)
        return render(request, "consent/developer/register.html", {"form": form}, status=429)
    try:
        made = register(form.registration_json(), default_redirect_uri=default_redirect_uri(), at=at)
    except ValueRefused as refused:
        place = refused.member if refused.member in form.fields else None
        form.add_error(place, _("This cannot be taken: %s") % refused)
        return render(request, "consent/developer/register.html", {"form": form})
    store_secret(request, made.admin, made.secret)
    request.session[_KEY] = {
        "registration": made.registration.public_id,
        "client": made.admin.public_id,
        "until": (at + _FOR).timestamp(),
    }
    return SeeOther(reverse("developer_registered"))


@require_safe
@never_cache
@shows_secret
def registered_page(request: HttpRequest) -> HttpResponse:
    """Id and secret of what this browser registered, the secret once; nothing of it: back to the form."""
    registered = _registered(request)
    if registered is None:
        return SeeOther(reverse("developer_register"))
    client = Client.objects.get(public_id=registered["client"])
    context = {
        "client": client,
        # HEAD leaves the secret for the GET that follows
        "secret": pop_secret(request, client) if request.method == "GET" else "",
        "guide_url": reverse("docs_guide"),
    }
    return render(request, "consent/developer/registered.html", context)


def take_over(request: HttpRequest, user: User) -> None:
    """Make who is signed in the contact of what this browser registered before."""
    registered = _registered(request)
    if registered is None:
        return
    registration = Registration.objects.get(public_id=registered["registration"])
    add_first_contact(registration=registration, user=user, at=clock.now())
    del request.session[_KEY]
    remember_contact(request=request, user=user)


def _registered(request: HttpRequest) -> dict[str, str] | None:
    """What stands in the session and still exists."""
    registered: dict[str, str] | None = request.session.get(_KEY)
    if registered is None or float(registered["until"]) <= clock.now().timestamp():
        return None
    exists = Registration.objects.filter(public_id=registered["registration"]).exists()
    return registered if exists else None

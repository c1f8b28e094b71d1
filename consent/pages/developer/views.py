"""Pages of a third party's own people: its clients, and their secrets."""

from allauth.account.decorators import reauthentication_required
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from accounts.current_user import current_user
from cdsc_portal.lib.http.secret_pages import shows_secret
from cdsc_portal.lib.time import clock
from cdsc_portal.lib.time.dates_in_words import moment_in_words
from consent.models import Client
from consent.pages.developer.page import client_cards, clients_of, thread_lines
from consent.pages.developer.registration import take_over
from consent.pages.developer.secret_in_session import pop_secret, store_secret
from consent.pages.developer.use import calls, consents, refusals, refused_calls
from consent.pages.redirects import SeeOther
from consent.queries.clients import live_tokens
from consent.queries.credentials import secrets_in_use
from consent.secret_form import SecretForm
from consent.services.credentials import end_older_secrets


@require_safe
@login_required
@never_cache
@shows_secret
def developer(request: HttpRequest) -> HttpResponse:
    """The clients of which the reader is a contact, and their messages."""
    user, at = current_user(request), clock.now()
    take_over(request, user)
    context = {
        "clients": client_cards(user=user),
        "messages_list": thread_lines(user=user),
        "consents": consents(user=user, at=at),
        "calls": calls(user=user, at=at),
        "refused_calls": refused_calls(user=user, at=at),
        "refusals": refusals(user=user),
    }
    return render(request, "consent/developer/developer.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@never_cache
@reauthentication_required
@shows_secret
def client_secret(request: HttpRequest, public_id: str) -> HttpResponse:
    """GET says what a new secret does, or shows the one that POST made a moment ago, this once: a reload makes none.

    POST may also end the secrets before the newest, with their tokens. 404 for a client that has none.
    """
    user, at = current_user(request), clock.now()
    confidential = clients_of(user).filter(client_type=Client.CLIENT_CONFIDENTIAL)
    client = get_object_or_404(confidential, public_id=public_id)
    if request.method == "POST" and "end_older" in request.POST:
        end_older_secrets(client=client, by=user, at=at)
        messages.success(request, _("The older secrets no longer work, nor do tokens got with them."))
        return SeeOther(request.path)
    form = SecretForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        store_secret(request, client, form.renew(client=client, by=user, at=at))
        return SeeOther(request.path)
    older = secrets_in_use(client=client, at=at)[1:]
    ends = [credential.expires for credential in older if credential.expires]
    context = {
        "client": client,
        # HEAD leaves the secret for the GET that follows
        "secret": pop_secret(request, client) if request.method == "GET" else "",
        "kept_until": moment_in_words(max(ends)) if ends else "",
        "tokens": live_tokens(client=client, at=at),
        "form": form,
    }
    return render(request, "consent/developer/secret.html", context)

"""The request page: show what a company requests and take the decision. GET never decides (X-16).

POST answers with a redirect, so that Back and reload never ask to send a form again (P-32). Only two do not: the
summary for the script, and the refusal of a form that the page never offered.
"""

from collections.abc import Sequence

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.views import redirect_to_login
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views import View
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from django.views.i18n import set_language

from accounts.current_user import current_user
from accounts.services.choices import keep_language
from cdsc_portal.lib.db.compiled_query import compiled_query
from cdsc_portal.lib.http.secret_pages import shows_secret
from cdsc_portal.lib.secrets.checksums import checksum
from cdsc_portal.lib.time import clock
from consent.models import ConsentRequest, RequestStatus
from consent.oauth.answers import error_redirect, login_cancelled, success_redirect
from consent.pages.confirmations import APPROVED, note_done
from consent.pages.part_fields import FieldError
from consent.pages.redirects import BackToClient, SeeOther
from consent.pages.request import closed
from consent.pages.request.forms import (
    build_decision,
    fields_after,
    initial_choices,
    posted_choices,
    validate_choices,
)
from consent.pages.request.known_company import REPLACE, known_company, updated_sharing
from consent.pages.request.page import deciders_of, request_page
from consent.pages.request.saved_choices import (
    CHECKED,
    LANGUAGE,
    LOST_LOGIN,
    SavedForm,
    forget_form,
    load_form,
    save_form,
)
from consent.pages.request.service_lists import ticked_at_once
from consent.pages.request.shown_facts import Difference, differences
from consent.queries.deciders import is_handed_over_to
from consent.services.access_requests import BoundToAnotherUser, bind_request, extend_waiting, release_request
from consent.services.approve import approve_request, check_client, deny_request, hand_over
from consent.services.decision import (
    AlreadyDecided,
    ClientNotAllowed,
    DecisionRefused,
    NotOffered,
    OfferChanged,
    RequestOver,
)
from consent.services.digests import changed_aspects
from consent.services.offer import OFFER_ASPECTS, Offer, build_offer
from consent.services.third_parties.grant_updates import fits_user

_REQUESTS = ConsentRequest.objects.select_related("client", "grant", "updates", "user", "superseded_by")
_DECIDED = (RequestStatus.APPROVED, RequestStatus.DENIED)


@method_decorator((never_cache, shows_secret), name="dispatch")
class RequestView(View):
    """The stored copy of a request: at `/oauth/authorize/<key>/` for the first user who opens it, then also by its
    reference at `/my/requests/<reference>/` for that user and those who were asked to decide.
    """

    http_method_names = ["get", "head", "post"]

    def dispatch(self, request: HttpRequest, *args: str, **kwargs: str) -> HttpResponseBase:
        """Let only a waiting request of this user reach `get` and `post`."""
        self.at = clock.now()
        stored = self._find(**kwargs)
        if not request.user.is_authenticated:
            if stored is not None and request.method == "POST":
                save_form(request, stored, request.POST, why=LOST_LOGIN)
            return redirect_to_login(request.path)
        if stored is None:
            raise Http404
        self.stored = stored
        if request.POST.get("action") == "other-login":
            key = release_request(request=stored, user=current_user(request))
            logout(request)
            return redirect_to_login(reverse("consent_request", args=[key]) if key else request.path)
        page = self._closed()
        if page is not None:
            forget_form(request, stored)
            return self._by_get(page)
        return super().dispatch(request, *args, **kwargs)

    def _find(self, key: str = "", reference: str = "") -> ConsentRequest | None:
        """By its key, else Http404; by its reference, which is no secret, None unless it is this user's to see."""
        if key:
            return _stored_or_404(key)
        stored = _REQUESTS.filter(reference=reference).exclude(user=None).first()
        if stored is None or not self.request.user.is_authenticated:
            return stored
        user = current_user(self.request)
        may_view = stored.user_id == user.pk or is_handed_over_to(user, stored, at=self.at)
        return stored if may_view else None

    def _closed(self) -> HttpResponse | None:
        """The page to show where this user has nothing to decide, else None; binds the request to the user."""
        stored, user = self.stored, current_user(self.request)
        decides_for_another = is_handed_over_to(user, stored, at=self.at)
        if stored.user_id not in (None, user.pk) and not decides_for_another:
            return closed.bound_to_another_page(self.request, stored)
        if stored.status in _DECIDED:
            return self._decided()
        if stored.status != RequestStatus.WAITING or stored.expires <= self.at:
            return closed.closed_page(self.request, stored)
        if stored.updates_id is not None and not fits_user(stored, user, at=self.at):
            return closed.unfit_grant(stored)
        if decides_for_another:  # the request remains bound to who opened it
            return None
        try:
            bind_request(request=stored, user=user, at=self.at)
        except BoundToAnotherUser:  # another user's tab was first
            return closed.bound_to_another_page(self.request, stored)
        if stored.status != RequestStatus.WAITING:  # superseded: the user opened a newer one of this company
            return closed.closed_page(self.request, stored)
        return None

    def get(self, request: HttpRequest, **names: str) -> HttpResponse:
        """The form in its initial state, or as it was posted: checked, or before the login expired."""
        user = current_user(request)
        try:
            check_client(self.stored)
        except DecisionRefused as why:
            return closed.refused_page(request, self.stored, why)
        offer = build_offer(self.stored, user, self.at)
        if offer.no_match:
            return closed.no_match_page(request, self.stored)
        if not offer.may_decide:
            extend_waiting(request=self.stored, user=user, at=self.at)
        return self._page(offer, load_form(request, self.stored, user, after_check=CHECKED in request.GET))

    def post(self, request: HttpRequest, **names: str) -> HttpResponseBase:
        """Take the decision, or lead to the form as it was posted, with a fresh summary."""
        if request.headers.get("X-Part") == "summary":
            return self._summary()
        forget_form(request, self.stored)
        try:
            return self._act(request.POST.get("decision", ""), request.POST.get("action", ""))
        except AlreadyDecided:
            return self._by_get(self._decided())
        except (RequestOver, ClientNotAllowed):  # another tab closed it; the page says why
            return SeeOther(request.path)
        except DecisionRefused as why:
            return closed.refused_page(request, self.stored, why)

    def _by_get(self, page: HttpResponse) -> HttpResponse:
        """`page`, or after POST the redirect to where GET shows it; redirects stay."""
        is_page = self.request.method == "POST" and page.status_code != SeeOther.status_code
        return SeeOther(self.request.path) if is_page else page

    def _summary(self) -> HttpResponse:
        """What the form as it stands would share, for the script."""
        request = self.request
        offer = build_offer(self.stored, current_user(request), self.at)
        if offer.no_match:
            return SeeOther(request.path)
        page = request_page(offer, posted_choices(offer, request.POST))
        return render(request, "consent/request/_summary.html", {"page": page})

    def _act(self, decision: str, action: str) -> HttpResponseBase:
        request, user = self.request, current_user(self.request)
        if decision == "deny":  # whatever the form has (F-79), also where it could no longer be rendered
            return self._deny()
        if decision == "decline":  # on a page of the customer's own, which does not lead to the company
            deny_request(request=self.stored, by=user, at=self.at)
            company = self.stored.client.name
            messages.success(
                request, _("You did not share anything with %(company)s.") % {"company": company}
            )
            return SeeOther(reverse("my_home"))
        if action == "reset":
            return SeeOther(request.path)
        if "language" in request.POST:  # the same page with its ticks, and the language of the user's mail
            save_form(request, self.stored, request.POST, why=LANGUAGE)
            keep_language(user=user, language=request.POST["language"])
            return set_language(request)
        if action == "ask-owner":
            hand_over(request=self.stored, by=user, at=self.at)
            return SeeOther(request.path)
        offer = build_offer(self.stored, user, self.at)
        if offer.no_match:
            return SeeOther(request.path)
        if decision == "approve":
            return self._approve(offer)
        choices = posted_choices(offer, request.POST, request.FILES)
        choices, errors = ticked_at_once(choices, offer, action, request.FILES)
        return self._again(fields_after(request.POST, choices), errors, digest=offer.digest)

    def _again(self, fields: QueryDict, errors: Sequence[FieldError] = (), *, digest: str) -> HttpResponse:
        """To the form with `fields`. The focus lands on the errors or what has changed, else on the summary.

        Each place has a name: a redirect without one goes to that of the page before.
        """
        save_form(self.request, self.stored, fields, why=CHECKED, errors=errors)
        place = "changes" if fields.get("digest") != digest else "summary"
        return SeeOther(f"{self.request.path}?{CHECKED}#{'problems' if errors else place}")

    def _deny(self) -> HttpResponse:
        user = current_user(self.request)
        no_match = build_offer(self.stored, user, self.at).no_match
        deny_request(request=self.stored, by=user, at=self.at)
        if self.stored.user_id != user.pk:  # who opened the request carries the answer to the company
            return SeeOther(self.request.path)
        error = "no_preselections" if no_match else "access_denied"
        words = "None of the services asked for is the customer's." if no_match else "The customer declined."
        return BackToClient(error_redirect(request=self.stored, error=error, description=words))

    def _approve(self, offer: Offer) -> HttpResponse:
        """Grant what is ticked; where the offer differs from the one read, nothing, and the differences (P-09)."""
        posted, user = self.request.POST, current_user(self.request)
        digest, choices = posted.get("digest", ""), posted_choices(offer, posted, self.request.FILES)
        if digest != offer.digest:
            return self._again(posted, digest=offer.digest)
        if choices.foreign:
            raise NotOffered
        errors = validate_choices(choices, offer)
        if errors:
            return self._again(posted, errors, digest=digest)
        try:
            grant = approve_request(
                request=self.stored,
                decision=build_decision(choices, offer),
                by=user,
                digest=digest,
                at=self.at,
                replace=posted.get("existing") == REPLACE,
            )
        except OfferChanged:
            return self._again(posted, digest="")
        note_done(self.request, grant=grant, what=APPROVED, at=self.at)
        if self.stored.user_id != user.pk:  # who opened the request carries the answer to the company
            return SeeOther(self.request.path)
        return BackToClient(success_redirect(request=self.stored, grant=grant, at=self.at))

    def _decided(self) -> HttpResponse:
        stored = _REQUESTS.get(pk=self.stored.pk)
        if stored.handed_over and stored.user_id == current_user(self.request).pk:
            return closed.handed_back_page(self.request, stored, at=self.at)
        pressed = self.request.POST.get("decision") == "approve"
        return closed.decided_page(self.request, stored, pressed=pressed, at=self.at)

    def _page(self, offer: Offer, saved: SavedForm | None) -> HttpResponse:
        user, note, answer = current_user(self.request), "", REPLACE
        errors: Sequence[FieldError] = ()
        changes: Sequence[Difference] = ()
        choices = initial_choices(offer, unticked=settings.REQUEST_STARTS_UNTICKED)
        if saved is not None:
            choices, errors = posted_choices(offer, saved.posted), saved.errors
            answer = saved.posted.get("existing", REPLACE)
            if saved.why == CHECKED:  # against what was read, each time the page is loaded
                aspects = changed_aspects(saved.posted.get("digest", ""), offer.digest, OFFER_ASPECTS)
                changes = differences(aspects, sealed=saved.posted.get("shown", ""), offer=offer)
            if saved.why == LOST_LOGIN:
                note = _("You had to log in again. Nothing was shared. Your choices are as you left them.")
        deciders = None
        if offer.delegate or not offer.may_decide:
            deciders = deciders_of(self.stored, viewer=user, at=self.at)
        known = None
        if self.stored.updates is not None:
            known = updated_sharing(offer, self.stored.updates)
        elif offer.may_decide:
            known = known_company(offer, user, answer=answer, at=self.at)
        page = request_page(
            offer, choices, errors=errors, changes=changes, note=note, deciders=deciders, known=known
        )
        response = render(self.request, "consent/request/request.html", {"page": page})
        return closed.allow_form_redirect(response, self.stored)


@require_safe
@never_cache
@shows_secret
def cancel_login(request: HttpRequest, key: str) -> HttpResponse:
    """Back to the company without logging in (F-36s, F-37). Decides nothing: the request stays as it is."""
    stored = _stored_or_404(key)
    if stored.status in _DECIDED:
        return SeeOther(reverse("consent_request", args=[key]))
    return BackToClient(login_cancelled(request=stored))


def _stored_or_404(key: str) -> ConsentRequest:
    """By its unguessable key, which a pushed request has only once it was opened."""
    stored = _with_key(digest=checksum(key))
    if not stored:
        raise Http404
    return stored[0]


@compiled_query
def _with_key(*, digest: str) -> QuerySet[ConsentRequest]:
    return _REQUESTS.filter(key_digest=digest)

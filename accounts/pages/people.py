"""/my/people/: owners see who may act for their accounts, invite, change and end."""

from collections.abc import Callable
from functools import partial

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from accounts.current_user import current_user
from accounts.models import Role
from accounts.pages.people_forms import DelegateForm, InviteForm
from accounts.pages.people_page import people_page
from accounts.queries.invitable_scope import invitable_scope
from accounts.queries.managed import managed_invitation, managed_role, was_ended
from accounts.role_words import role_in_words
from accounts.services.inviting import InvitingRefused, NotInvited, invite, invite_once_more, withdraw
from accounts.services.roles import (
    NOTICE,
    RoleRefused,
    agree_to_share,
    change_delegate,
    end_role,
    is_protected,
    keep_owner,
    needs_notice,
)
from cdsc_portal.lib.http.secret_pages import shows_secret
from cdsc_portal.lib.time import clock
from cdsc_portal.lib.time.dates_in_words import day_in_words, last_day

_LONGEST_SEARCH = 100
_REFUSALS = {
    "not_yours": _("Your role has just changed. Nothing was done."),
    "already_invited": _("There is an open invitation to this address already. You can send it again."),
    "already_has": _("That is your own address."),
    "too_many": _("There are 50 open invitations. Withdraw one, or wait until one is accepted."),
    "too_many_today": _("Too many invitations were sent today. Try again tomorrow."),
    "too_soon": _("The invitation was sent a moment ago. Wait a minute, then send it again."),
    "too_often": _("This invitation was sent again five times today. Try again tomorrow."),
    "bad_end": _("Choose another day."),
    "account_holder": _("This is the account holder. Only they or we can end this role."),
    "last_owner": _("Nobody else stays an owner. Invite another owner first; then you can leave."),
    "gone": _("This role had ended already."),
}


@require_safe
@login_required
@never_cache
@shows_secret
def people(request: HttpRequest) -> HttpResponse:
    """For owners: everybody; for others: their own role."""
    search = " ".join(request.GET.get("q", "").replace("\0", "").split())[:_LONGEST_SEARCH]
    page = people_page(user=current_user(request), at=clock.now(), search=search)
    context = {
        "customers": page,
        "manages": any(customer.manages for customer in page),
        "has_search": any(customer.has_search for customer in page),
        "search": search,
    }
    return render(request, "accounts/people.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@never_cache
@shows_secret
def invite_page(request: HttpRequest) -> HttpResponse:
    """To who owns nothing the page does not exist. The answer is the same whether or not the address is known."""
    user, at = current_user(request), clock.now()
    scope = invitable_scope(user=user, at=at)
    if scope is None:
        raise Http404
    form = InviteForm(request.POST if request.method == "POST" else None, at=at, scope=scope, user=user)
    if request.method == "POST" and form.is_valid():
        try:
            invitation = invite(email=form.cleaned_data["email"], offered=form.offered, by=user, at=at)
        except InvitingRefused as refused:
            form.add_error("until" if refused.code == "bad_end" else "email", _REFUSALS[refused.code])
        else:
            messages.success(
                request, _("The invitation to %(email)s is on its way.") % {"email": invitation.email}
            )
            return _back()
    return render(request, "accounts/people_invite.html", {"form": form})


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@never_cache
@shows_secret
def invitation_again(request: HttpRequest, public_id: str) -> HttpResponse:
    return _on_invitation(request, public_id, invite_once_more, _("The invitation was sent again."))


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@never_cache
@shows_secret
def invitation_withdraw(request: HttpRequest, public_id: str) -> HttpResponse:
    return _on_invitation(request, public_id, withdraw, _("The invitation was withdrawn."))


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@never_cache
@shows_secret
def change(request: HttpRequest, customer: str, person: str, part: str) -> HttpResponse:
    """A delegate's last day and whether they may share."""
    user, at = current_user(request), clock.now()
    membership = managed_role(user=user, customer=customer, person=person, part=part, at=at)
    if membership is None or membership.role != Role.DELEGATE or membership.user_id == user.pk:
        raise Http404
    initial = {
        "until": last_day(membership.until) if membership.until else None,
        "may_share": membership.may_share,
    }
    form = DelegateForm(request.POST if request.method == "POST" else None, at=at, initial=initial)
    if request.method == "POST" and form.is_valid():
        cleaned = form.cleaned_data
        change_it = partial(
            change_delegate,
            membership=membership,
            until=cleaned["until"],
            may_share=cleaned["may_share"],
            by=user,
            at=at,
        )
        return _done(request, change_it, _("The change is saved."))
    return render(request, "accounts/people_change.html", {"form": form, "membership": membership})


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@never_cache
@shows_secret
def end(request: HttpRequest, customer: str, person: str, part: str) -> HttpResponse:
    """GET shows what ends and when, POST ends it or gives notice: another's role, or one's own. The second of two
    clicks finds it ended."""
    user, at = current_user(request), clock.now()
    membership = managed_role(user=user, customer=customer, person=person, part=part, at=at)
    if membership is None:
        if not was_ended(user=user, customer=customer, person=person, part=part, at=at):
            raise Http404
        messages.info(request, _REFUSALS["gone"])
        return _back()
    ends_on = ""
    if needs_notice(membership, by=user, at=at):
        ends_on = day_in_words(last_day(membership.until or at + NOTICE))
    if request.method != "POST":
        if is_protected(membership, by=user):
            messages.error(request, _REFUSALS["account_holder"])
            return _back()
        context = {
            "membership": membership,
            "ends_on": ends_on,
            "is_self": membership.user_id == user.pk,
            "is_owner": membership.role == Role.OWNER,
            "role": role_in_words(membership.role, may_share=membership.may_share),
        }
        return render(request, "accounts/people_end.html", context)
    if request.POST.get("action") != "end":
        return _back()
    ended = _("The role of %(person)s has ended.")
    noticed = _("The role of %(person)s ends on %(day)s. Every owner has a mail about it.")
    words = (noticed if ends_on else ended) % {"person": membership.user, "day": ends_on}
    return _done(request, partial(end_role, membership=membership, by=user, at=at), words)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@never_cache
@shows_secret
def keep(request: HttpRequest, customer: str, person: str, part: str) -> HttpResponse:
    """POST takes back the notice to an owner; GET, where a login that had ended leads back to, only shows the page."""
    user, at = current_user(request), clock.now()
    membership = managed_role(user=user, customer=customer, person=person, part=part, at=at)
    if membership is None or membership.user_id == user.pk or membership.role != Role.OWNER:
        raise Http404
    if request.method != "POST":
        return _back()
    words = _("%(person)s stays an owner.") % {"person": membership.user}
    return _done(request, partial(keep_owner, membership=membership, by=user, at=at), words)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@never_cache
@shows_secret
def agree(request: HttpRequest, customer: str, person: str, part: str) -> HttpResponse:
    """POST lets a new role share at once; GET, where a login that had ended leads back to, only shows the page."""
    user, at = current_user(request), clock.now()
    membership = managed_role(user=user, customer=customer, person=person, part=part, at=at)
    if membership is None or membership.user_id == user.pk:
        raise Http404
    if request.method != "POST":
        return _back()
    words = _("%(person)s can share from now on.") % {"person": membership.user}
    return _done(request, partial(agree_to_share, membership=membership, by=user, at=at), words)


def _back() -> HttpResponse:
    return HttpResponseRedirect(reverse("people"), status=303)


def _on_invitation(
    request: HttpRequest, public_id: str, do: Callable[..., None], done: str | Promise
) -> HttpResponse:
    """POST does it; GET, which is where a login that had ended leads back to, only shows the page."""
    user, at = current_user(request), clock.now()
    invitation = managed_invitation(user=user, public_id=public_id, at=at)
    if invitation is None:
        raise Http404
    if request.method != "POST":
        return _back()
    return _done(request, partial(do, invitation=invitation, by=user, at=at), done)


def _done(request: HttpRequest, change_it: Callable[[], object], words: str | Promise) -> HttpResponse:
    """Make a change and lead back to the page, which says `words`, or why the change was refused."""
    try:
        change_it()
    except (RoleRefused, InvitingRefused) as refused:
        messages.error(request, _REFUSALS[refused.code])
    except NotInvited:
        messages.error(request, _("The invitation is over already."))
    else:
        messages.success(request, str(words))
    return _back()

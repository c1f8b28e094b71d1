"""Who may set up a second step: customers as they like, staff by a link, whoever has one by showing it."""

from typing import Any

from allauth.account.internal.flows.login import get_authentication_records
from allauth.core.internal.httpkit import add_query_params
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.models import User
from accounts.queries.ways_to_log_in import second_steps
from accounts.services.enrolment import find_link, has_open_link, use_link
from cdsc_portal.lib.http.addresses import absolute_address
from cdsc_portal.lib.time import clock

_KEY = "second_step_link"


def second_step_address(secret: str) -> str:
    """The link as it is handed over."""
    return absolute_address(reverse("second_step_link", args=[secret]))


@require_safe
@never_cache
def second_step_link(request: HttpRequest, secret: str) -> HttpResponse:
    """The link: remembered in this browser, so that its address is left at once, and asked for after the login.

    It is used up only when a second step was set up with it.
    """
    link = find_link(secret=secret, at=clock.now())
    if link is None:
        return render(request, "mfa/link_over.html", status=410)
    request.session[_KEY] = link.pk
    return HttpResponseRedirect(add_query_params(reverse("second_step"), {"next": reverse("admin:index")}))


def may_set_up(request: HttpRequest, user: User) -> bool:
    """Whether this session may add a second step.

    Who has one shows it first: a session that began with a password alone, before there was one, is perhaps a thief's.
    Staff who have none need a link, where a second step is asked of staff at all.
    """
    if second_steps(user=user).any:
        return passed_second_step(request)
    return not _needs_link(user) or has_open_link(key=_link_of(request), user=user, at=clock.now())


def take_link(request: HttpRequest, user: User) -> bool:
    """Use up the link where one is needed; whether the second step may be stored. In the transaction that does."""
    if not _needs_link(user) or second_steps(user=user).any:
        return may_set_up(request, user)
    return use_link(key=_link_of(request), user=user, at=clock.now())


def passed_second_step(request: HttpRequest) -> bool:
    """Whether this session was opened with a passkey, an app's code or a recovery code too. No query.

    Another login in the same browser keeps the session's records; a proof older than staff's longest session is over.
    """
    oldest = clock.now().timestamp() - settings.STAFF_SESSION_HOURS * 3600
    records: list[dict[str, Any]] = get_authentication_records(request, request.user)
    return any(record.get("method") == "mfa" and record["at"] > oldest for record in records)


def _needs_link(user: User) -> bool:
    return user.is_staff and bool(settings.STAFF_SECOND_FACTOR)


def _link_of(request: HttpRequest) -> int:
    return int(request.session.get(_KEY, 0))

"""The customer's own pages for an agent: the same pages from the same queries, read-only, for half an hour (P-23).

They stand under `/admin/as/<visit>/` the way an application stands under a prefix of its server, so every link of a
page stays inside. The session is the agent's throughout: nobody is logged in as the customer, and nothing but GET
is answered. Templates know `read_only`: they disable or leave out what would change something, and the addresses of
requests, which work without a login.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import cast

from django.contrib import admin, messages
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import get_script_prefix, reverse, set_script_prefix
from django.utils.cache import add_never_cache_headers
from django.utils.translation import gettext as _

from accounts.admin.logged import EXPORT
from accounts.models import StaffVerb, SupportSession, User
from accounts.queries.support_sessions import open_visit
from accounts.services.staff_actions import record_staff_action
from accounts.sign_in.session_user import session_user
from cdsc_portal.lib.http.checked_stream import checked, in_pieces
from cdsc_portal.lib.time import clock
from cdsc_portal.lib.time.dates_in_words import time_in_words

Handler = Callable[[HttpRequest], HttpResponse]

_ADDRESS = re.compile(r"^/admin/as/(?P<visit>[a-z0-9]{20})(?P<rest>/.*)$")
_HIDDEN = ("/my/settings/", "/my/requests/")  # how the customer logs in, and what waits for their decision
_START_SESSION = "accounts.add_supportsession"


@dataclass(frozen=True, slots=True)
class Banner:
    """What stands above each page of a support session."""

    person: str
    customer: str
    reason: str
    until: str
    back: str


class SupportSessionMiddleware:
    """Serves `/admin/as/<visit>/my/...` as `/my/...` of the person whose visit it is."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        address = _ADDRESS.match(request.path_info)
        if address is None:
            return self.get_response(request)
        agent = request.user
        if not isinstance(agent, User):
            return redirect_to_login(request.get_full_path())
        # second step included
        may_start = admin.site.has_permission(request) and agent.has_perm(_START_SESSION)
        session = open_visit(visit=address["visit"], by_id=agent.pk, at=clock.now()) if may_start else None
        if session is None:
            messages.error(request, _("This session has expired. Open it again with a reason."))
            return redirect("admin:index")
        if request.method not in ("GET", "HEAD"):
            return render(request, "web/support_session_read_only.html", status=403)
        return self._serve_as_customer(request, session, address["rest"])

    def _serve_as_customer(self, request: HttpRequest, session: SupportSession, path: str) -> HttpResponse:
        request.support_session = Banner(  # type: ignore[attr-defined]  # a name of ours
            person=str(session.person),
            customer=str(session.customer),
            reason=session.reason,
            until=time_in_words(session.ends),
            back=reverse("admin:accounts_customer_change", args=[session.customer_id]),
        )
        if path in ("/", "/my"):
            return redirect(f"/admin/as/{session.visit}/my/")
        if not path.startswith("/my/") or path.startswith(_HIDDEN):
            return render(request, "web/support_session_hidden.html", status=404)
        request.viewing_for = session.person  # type: ignore[attr-defined]  # honoured by current_user
        request.path_info = path
        before = get_script_prefix()
        set_script_prefix(f"/admin/as/{session.visit}/")
        try:
            response = self.get_response(request)
        finally:
            set_script_prefix(before)
        is_file = response.headers.get("Content-Disposition", "").startswith("attachment")
        # a file of records, as against the picture of a bill that an agent reads with a caller
        is_table = is_file and not response.headers.get("Content-Type", "").startswith("application/pdf")
        if is_table and not request.user.has_perm(EXPORT):
            _release_stream(response)
            return render(request, "web/support_session_no_export.html", status=403)
        if is_file:  # pages are logged once, as the session
            record_staff_action(
                by=session.by,
                verb=StaffVerb.EXPORT,
                on=session.customer,
                what=path,
                reason=session.reason,
                at=clock.now(),
            )
        if is_table and isinstance(response, StreamingHttpResponse):
            _check_stream(request, session, response)
        add_never_cache_headers(response)
        return response


def _check_stream(request: HttpRequest, session: SupportSession, response: StreamingHttpResponse) -> None:
    """Let a table leave only while the agent is logged in, may take records, and the session is open."""

    def may_go_on() -> bool:
        agent = session_user(request)
        if agent is None or not agent.has_perm(EXPORT):
            return False
        return open_visit(visit=session.visit, by_id=agent.pk, at=clock.now()) is not None

    pieces = cast(Iterator[bytes], response.streaming_content)  # ours are never asynchronous
    response.streaming_content = checked(in_pieces(pieces), may_go_on)


def _release_stream(response: HttpResponseBase) -> None:
    """Let a stream give its place back. The response's own `close` also tells Django that the request is over, which
    may close the connection to the database under the answer that is still to come.
    """
    for close in response._resource_closers:  # type: ignore[attr-defined]  # Django has no other door to them
        close()
    response._resource_closers.clear()  # type: ignore[attr-defined]

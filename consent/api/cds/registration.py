"""POST of a registration (R-59 to R-73, RFC 7591): public, by programs, with no test of a human (R-189 to R-191)."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from cdsc_portal.lib.http.call_limits import count_call, rate_limit_headers
from cdsc_portal.lib.http.secret_pages import shows_secret
from cdsc_portal.lib.time import clock
from consent.api.cds.bodies import json_object
from consent.api.cds.client_objects import client_object, field_names
from consent.api.cds.documents import json_answer
from consent.api.cds.problems import Refused, metadata_refusal, too_many_calls
from consent.api.gated import remote_address
from consent.oauth.redirects import default_redirect_uri
from consent.services.third_parties.client_values import ValueRefused
from consent.services.third_parties.register import register

_BODY_BYTES = 16 * 1024 * 1024  # with images and PDFs as Base64


@shows_secret
@csrf_exempt  # anybody may register, and no cookie says who
def registration(request: HttpRequest) -> HttpResponse:
    """Register a third party: 201 with its object for the APIs and the secret of that (R-63)."""
    at = clock.now()
    count = count_call(
        f"registration {remote_address(request)}", limit=settings.REGISTRATIONS_PER_MINUTE, at=at
    )
    try:
        if request.method != "POST":
            raise Refused(405, "method_not_allowed", "This address takes POST.", headers={"Allow": "POST"})
        if count.wait:
            raise too_many_calls(count.wait)
        response = _registered(request)
    except Refused as refused:
        response = metadata_refusal(refused)
    for name, value in rate_limit_headers(minute=count).items():
        response[name] = value
    response["Cache-Control"] = "no-store"
    response["Pragma"] = "no-cache"
    return response


def _registered(request: HttpRequest) -> HttpResponse:
    body = json_object(request, limit=_BODY_BYTES)
    try:
        made = register(body, default_redirect_uri=default_redirect_uri(), at=clock.now())
    except ValueRefused as refused:
        raise Refused(400, refused.error, str(refused)) from refused
    members = {**client_object(made.admin, field_names()), "client_secret": made.secret}
    return json_answer(members, status=201)

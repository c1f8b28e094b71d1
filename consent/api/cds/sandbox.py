"""Calls that act as a test customer, so that the tests of a third party need no browser. Never for production."""

from datetime import datetime

from django.http import HttpResponse

from consent.api.cds.calls import AdminCall, admin_endpoint, not_here
from consent.api.cds.documents import json_answer
from consent.api.cds.problems import Refused
from consent.models import ConsentRequest, Grant
from consent.oauth.answers import error_redirect, success_redirect
from consent.queries.registration_objects import objects_of
from consent.services.access_requests import UnusableRequestUri
from consent.services.decision import DecisionRefused
from consent.services.third_parties.grant_updates import UnfitGrant
from consent.services.third_parties.sandbox import (
    SandboxRefused,
    decide_as_test_customer,
    narrow_as_test_customer,
    stop_as_test_customer,
)
from consent.transitions import TransitionNotAllowed

_DECISIONS = ("approve", "deny")


def post_decision(call: AdminCall) -> HttpResponse:
    """Decide a pushed request as a test customer: 201 with the address that the browser would be sent to."""
    client_id, request_uri, decision = (
        _text(call, member) for member in ("client_id", "request_uri", "decision")
    )
    account = _text(call, "account") if "account" in call.body else None
    if decision not in _DECISIONS:
        raise _refused(f"decision: it must be one of {', '.join(_DECISIONS)}")
    client = objects_of(registration=call.access.registration_id).filter(client_id=client_id).first()
    if client is None:
        raise _refused("client_id: it is none of this registration's objects")
    try:
        request, grant = decide_as_test_customer(
            client=client,
            request_uri=request_uri,
            email=account,
            approves=decision == "approve",
            at=call.at,
        )
    except UnusableRequestUri as unusable:
        raise _refused("request_uri: it is expired, used or not this object's") from unusable
    except UnfitGrant as unfit:
        address = error_redirect(
            request=unfit.request, error=unfit.error, description="cds_grant_id does not fit."
        )
        return json_answer({"redirect_uri": address, "grant_id": None}, status=201)
    except (SandboxRefused, DecisionRefused) as refused:
        raise _refused(str(refused)) from refused
    request.client = client
    return json_answer(
        {
            "redirect_uri": _answer_address(request, grant, call.at),
            "grant_id": grant.public_id if grant else None,
        },
        status=201,
    )


def patch_grant(call: AdminCall, grant_id: str) -> HttpResponse:
    """Stop a grant (`status` `revoked`) or narrow it (`scope`, `services`) as the test customer who gave it."""
    grants = Grant.objects.filter(client__registration=call.access.registration_id, public_id=grant_id)
    grant = grants.select_related("client", "user").first()
    if grant is None:
        raise not_here()
    services = call.body.get("services")
    if services is not None and not (
        isinstance(services, list) and all(isinstance(each, str) for each in services)
    ):
        raise _refused("services: it must be a list of texts")
    try:
        if call.body.get("status") == "revoked":
            grant = stop_as_test_customer(grant=grant, at=call.at)
        elif "status" in call.body:
            raise _refused("status: a customer can set revoked only")
        else:
            kept = _text(call, "scope") if "scope" in call.body else grant.scope
            grant = narrow_as_test_customer(grant=grant, scopes=kept.split(), services=services, at=call.at)
    except (SandboxRefused, DecisionRefused, TransitionNotAllowed) as refused:
        raise _refused(str(refused)) from refused
    return json_answer(
        {
            "grant_id": grant.public_id,
            "status": grant.status,
            "scope": grant.scope,
            "authorization_details": grant.authorization_details,
        }
    )


def _answer_address(request: ConsentRequest, grant: Grant | None, at: datetime) -> str:
    if grant is None:
        return error_redirect(
            request=request, error="access_denied", description="The customer declined the request."
        )
    return success_redirect(request=request, grant=grant, at=at)


def _text(call: AdminCall, member: str) -> str:
    value = call.body.get(member)
    if not isinstance(value, str):
        raise _refused(f"{member}: it must be a text")
    return value


def _refused(why: str) -> Refused:
    return Refused(400, "invalid_request", why)


decisions = admin_endpoint(post=post_decision)
grant = admin_endpoint(patch=patch_grant)

"""A third party tries its program in the sandbox: it decides, narrows and stops as a test customer, in one call each.

Only for objects in the sandbox and people of test customers alone, by the services that customers' pages call.
"""

from collections.abc import Collection
from datetime import datetime

from django.db import transaction

from accounts.models import Membership, Role, User
from accounts.queries.roles import acts_for_test_customers_only, holds
from consent.models import Client, ClientStatus, ConsentRequest, Grant, GrantKind
from consent.queries.grant_contents import grant_contents
from consent.services.access_requests import bind_request, open_request
from consent.services.approve import approve_request, deny_request
from consent.services.decision import PartDecision
from consent.services.narrow import narrow_grant
from consent.services.offer import build_offer
from consent.services.stop import stop_sharing
from consent.services.third_parties.grant_updates import require_fit

_TRIED = 20  # of owners


class SandboxRefused(ValueError):  # noqa: N818 - what happened to the call
    """The object is not in the sandbox, or the person or grant is not of test customers alone; the text says which."""


@transaction.atomic
def decide_as_test_customer(
    *, client: Client, request_uri: str, email: str | None, approves: bool, at: datetime
) -> tuple[ConsentRequest, Grant | None]:
    """Open a pushed request and decide it as the page would: everything that is offered, or nothing.

    `email` None: any test customer who owns an account.
    Raises SandboxRefused, UnusableRequestUri, UnfitGrant, DecisionRefused.
    """
    _require_sandbox(client)
    user = _any_test_customer(at) if email is None else _test_customer(email)
    request, _key = open_request(client=client, request_uri=request_uri, at=at)
    require_fit(request, user, at=at)
    bind_request(request=request, user=user, at=at)
    if not approves:
        return deny_request(request=request, by=user, at=at), None
    offer = build_offer(request, user, at)
    everything = [
        PartDecision(part.scope.id, part.contracts, bool(part.future_accounts))
        for part in offer.parts
        if part.can_be_shared
    ]
    return request, approve_request(request=request, decision=everything, by=user, digest=offer.digest, at=at)


@transaction.atomic
def narrow_as_test_customer(
    *, grant: Grant, scopes: Collection[str], services: Collection[str] | None, at: datetime
) -> Grant:
    """Keep `scopes` of a grant, and of each the contracts with these numbers; None keeps them all.

    Raises SandboxRefused, DecisionRefused, TransitionNotAllowed.
    """
    user = _giver(grant)
    contents = grant_contents(grant)
    kept = {
        pk
        for pk, contract in contents.contracts.items()
        if services is None or contract.contract_number in services
    }
    decision = [
        PartDecision(part.scope.id, part.contracts & kept, bool(part.future_accounts) and services is None)
        for part in contents.parts
        if part.type_sent in scopes
    ]
    narrow_grant(grant=grant, decision=decision, by=user, at=at)
    grant.refresh_from_db()
    return grant


def stop_as_test_customer(*, grant: Grant, at: datetime) -> Grant:
    """Stop it as its giver would. Raises SandboxRefused, TransitionNotAllowed."""
    return stop_sharing(grant=grant, by=_giver(grant), at=at)


def _require_sandbox(client: Client) -> None:
    if client.status != ClientStatus.SANDBOX:
        raise SandboxRefused("client_id: this object is not in the sandbox")


def _test_customer(email: str) -> User:
    user = User.objects.filter(email__iexact=email, is_active=True, is_staff=False).first()
    if user is None or not acts_for_test_customers_only(user=user):
        raise SandboxRefused("account: it is no test account")
    return user


def _any_test_customer(at: datetime) -> User:
    """The first one who owns something; the same at each call."""
    owners = Membership.objects.filter(
        holds(at), role=Role.OWNER, customer__is_test=True, user__is_active=True, user__is_staff=False
    )
    for membership in owners.select_related("user").order_by("pk")[:_TRIED]:
        if acts_for_test_customers_only(user=membership.user):
            return membership.user
    raise SandboxRefused("account: this server has no test customers")


def _giver(grant: Grant) -> User:
    """The test customer who gave it, while the object that holds it is in the sandbox."""
    _require_sandbox(grant.client)
    if grant.kind != GrantKind.CUSTOMER or grant.user is None:
        raise SandboxRefused("grant_id: no customer gave this grant")
    return _test_customer(grant.user.email)

"""Store access requests, pushed or direct; after that only the stored copy counts (X-11)."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Q

from accounts.models import User
from accounts.queries.roles import shares_from
from cdsc_portal.lib.db.public_ids import new_secret
from cdsc_portal.lib.secrets.checksums import checksum
from consent.models import Client, ClientStatus, ConsentRequest, Grant, RequestStatus
from consent.periods import requested_period
from consent.queries.scope_offers import OfferLimits, limits_of, offer_states
from consent.requests import AccessRequest, InvalidDetails, RequestedPart
from consent.resolution import Resolution
from consent.scopes.base import Period
from consent.scopes.catalogue import SCOPES, is_offered, offer_named, scope_named
from consent.scopes.fields import check_value
from consent.scopes.offer_types import offer_type

PUSHED_LIFETIME = timedelta(minutes=5)  # RFC 9126: until the browser must arrive
UNDECIDED_RETENTION = timedelta(days=30)  # docs/decisions/0007
DECISION_PERIOD = timedelta(hours=24)  # a new customer may first have to set a password
_TODAY = timedelta(days=1)  # limits count whole days: the day of the request is inside
_UNDECIDED = (RequestStatus.PUSHED, RequestStatus.WAITING, RequestStatus.SUPERSEDED)
REQUEST_URI_PREFIX = "urn:ietf:params:oauth:request_uri:"


class UnusableRequestUri(Exception):
    """The request_uri is unknown, expired, used or another client's (X-08); the caller does not learn which."""


class BoundToAnotherUser(Exception):
    """Another user opened the request first, so it is bound to them."""


@dataclass(frozen=True, slots=True)
class RequestContext:
    """The OAuth parameters of a request beside the data it names; the endpoint validates them before.

    `updates` is the grant that an approval changes.
    """

    redirect_uri: str
    state: str
    code_challenge: str
    redirect_uri_sent: bool = True
    prompt_login: bool = False
    updates: Grant | None = None


def allowed_scopes(client: Client) -> frozenset[str]:
    """Ids of the offers that this client may ask for now; a registered name may be an alias. One query."""
    states = offer_states(client=client)
    registered = {name: scope for name in client.allowed_scopes if (scope := scope_named(name))}
    return frozenset(
        offer
        for name, scope in registered.items()
        if is_offered(scope, settings.UTILITY_ROLE)
        and states.get(
            offer := offer_named(name), offer == scope.id
        )  # the first offer is open until it is closed
    )


def may_request(client: Client) -> bool:
    """Whether the client's status lets it send requests, be granted access and read."""
    return client.status in (ClientStatus.PRODUCTION, ClientStatus.SANDBOX)


def within_limits(access: AccessRequest, *, client: Client, at: datetime) -> AccessRequest:
    """`access` with the defaults of its offers filled in, held to what staff allow, for everybody or for this client.

    The same limits stand in the document. Raises InvalidDetails naming type and field. One query.
    """
    limits = limits_of(client=client)
    parts = []
    for part in access.parts:
        of_offer = limits.get(offer_named(part.type_sent), OfferLimits())
        filled = _with_defaults(part, of_offer)
        _check_days(filled, of_offer, at)
        parts.append(filled)
    return replace(access, parts=tuple(parts))


def _with_defaults(part: RequestedPart, limits: OfferLimits) -> RequestedPart:
    """`part` with what it leaves out, each value as its field says (R-51, R-57)."""
    kind = offer_type(part.scope)
    for declared in kind.fields if kind else ():
        field = limits.field(declared)
        value = getattr(part, field.id) or None  # a resolution that is left out is an empty text
        if value is None and field.default is not None:
            default = tuple(field.default) if isinstance(field.default, list) else field.default
            is_resolution = isinstance(getattr(part, field.id), Resolution)
            changed: dict[str, Any] = {field.id: Resolution(str(default)) if is_resolution else default}
            part = replace(part, **changed)
        elif value is not None:
            try:
                check_value(field, value)
            except ValueError as error:
                raise InvalidDetails(f"{part.type_sent}.{field.id}", str(error)) from error
    return part


def _check_days(part: RequestedPart, limits: OfferLimits, at: datetime) -> None:
    period = requested_period(part, at=at)
    start, ends = period.window.start, period.access_ends
    if limits.days_back is not None and SCOPES[part.scope].period is Period.DATA:
        if start is None or start < at - timedelta(days=limits.days_back) - _TODAY:
            raise InvalidDetails(f"{part.type_sent}.start", f"at most {limits.days_back} days back here")
    if limits.days_ahead is not None and period.lasting and ends is not None:
        if ends > at + timedelta(days=limits.days_ahead) + _TODAY:
            raise InvalidDetails(f"{part.type_sent}.end", f"at most {limits.days_ahead} days ahead here")


def store_request(
    *, client: Client, access: AccessRequest, context: RequestContext, at: datetime
) -> tuple[ConsentRequest, str]:
    """Store a direct request, waiting for whoever opens it first; returns it with the key of its page's address."""
    key = new_secret()
    request = ConsentRequest.objects.create(
        **_columns(client, access, context),
        key_digest=checksum(key),
        status=RequestStatus.WAITING,
        created=at,
        expires=at + DECISION_PERIOD,
    )
    return request, key


def push_request(
    *, client: Client, access: AccessRequest, context: RequestContext, at: datetime
) -> tuple[ConsentRequest, str]:
    """Store a pushed request (RFC 9126); returns it with its request_uri, of which only a hash is kept."""
    request_uri = REQUEST_URI_PREFIX + new_secret()
    request = ConsentRequest.objects.create(
        **_columns(client, access, context),
        request_uri_hash=checksum(request_uri),
        status=RequestStatus.PUSHED,
        created=at,
        expires=at + PUSHED_LIFETIME,
    )
    return request, request_uri


def open_request(*, client: Client, request_uri: str, at: datetime) -> tuple[ConsentRequest, str]:
    """The pushed request, once, with the key of its page's address: it waits for a decision from now on.

    Raises UnusableRequestUri.
    """
    key = new_secret()
    with transaction.atomic():
        request = (
            ConsentRequest.objects.select_for_update()
            .filter(client=client, request_uri_hash=checksum(request_uri))
            .filter(status=RequestStatus.PUSHED, expires__gt=at)
            .first()
        )
        if request is None:
            raise UnusableRequestUri
        request.status = RequestStatus.WAITING
        request.expires = at + DECISION_PERIOD
        request.key_digest = checksum(key)
        request.save(update_fields=["status", "expires", "key_digest"])
    request.client = client
    return request, key


def bind_request(*, request: ConsentRequest, user: User, at: datetime) -> None:
    """Bind the request to the first user who opens it. Raises BoundToAnotherUser for every other user (X-16).

    Of a company's undecided requests that one user opened, only the newest remains open (P-31): where they opened a
    newer one before, `request` itself is superseded. No statement where `request` is bound to `user` already.
    """
    if request.user_id == user.pk:
        return
    with transaction.atomic():
        User.objects.select_for_update(no_key=True).get(pk=user.pk)  # serialize two tabs of one user
        unbound_or_own = ConsentRequest.objects.filter(Q(user=None) | Q(user=user), pk=request.pk)
        if not unbound_or_own.update(user=user):
            raise BoundToAnotherUser
        request.user = user
        # of the user's requests of this client all but the newest are superseded, also those superseded before
        of_user = ConsentRequest.objects.filter(client=request.client_id, user=user)
        newest = of_user.filter(status=RequestStatus.WAITING, expires__gt=at).order_by("pk").last()
        if newest is None:
            return
        older = of_user.filter(status__in=(RequestStatus.WAITING, RequestStatus.SUPERSEDED), pk__lt=newest.pk)
        older.update(status=RequestStatus.SUPERSEDED, superseded_by=newest)
        if request.pk != newest.pk:
            request.status, request.superseded_by = RequestStatus.SUPERSEDED, newest


def extend_waiting(*, request: ConsentRequest, user: User, at: datetime) -> None:
    """Extend a request of `user` until a day after their new role lets them share (decision 0038).

    One query, and an update where the request would expire sooner.
    """
    may_share_from = shares_from(user=user, at=at)
    if (
        may_share_from is None
        or request.user_id != user.pk
        or request.expires >= may_share_from + DECISION_PERIOD
    ):
        return
    request.expires = may_share_from + DECISION_PERIOD
    request.save(update_fields=["expires"])


def release_request(*, request: ConsentRequest, user: User) -> str | None:
    """Unbind the undecided request from `user`, so that someone else can log in and open it (F-87).

    Returns the new key of its page's address; None where it is not bound to `user`. A hand-over to an owner is
    cancelled.
    """
    key = new_secret()
    bound = ConsentRequest.objects.filter(pk=request.pk, user=user, status=RequestStatus.WAITING)
    return key if bound.update(user=None, handed_over=None, key_digest=checksum(key)) else None


def delete_undecided(*, at: datetime) -> int:
    """Delete requests that nobody decided, 30 days after their end; returns how many. One statement."""
    undecided = ConsentRequest.objects.filter(status__in=_UNDECIDED)
    return undecided.filter(expires__lte=at - UNDECIDED_RETENTION).delete()[0]


def _columns(client: Client, access: AccessRequest, context: RequestContext) -> dict[str, object]:
    return {
        "client": client,
        "redirect_uri": context.redirect_uri,
        "redirect_uri_sent": context.redirect_uri_sent,
        "state": context.state,
        "code_challenge": context.code_challenge,
        "prompt_login": context.prompt_login,
        "updates": context.updates,
        "details": access.as_json(),
    }

"""Store what a third party asks, pushed or direct; from then on only the stored copy counts (X-11)."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Q

from accounts.models import User
from accounts.queries.roles import shares_from
from cdsc_portal.lib.checksums import checksum
from cdsc_portal.lib.public_ids import new_secret
from consent.models import Client, ClientStatus, ConsentRequest, RequestStatus
from consent.queries.scope_settings import closed_scopes
from consent.requests import AccessRequest
from consent.scopes.catalogue import offered_scopes, scope_named

PUSHED_FOR = timedelta(minutes=5)  # RFC 9126: until the browser must arrive
KEEP_UNDECIDED = timedelta(days=30)  # docs/decisions/0007
DECIDE_WITHIN = timedelta(hours=24)  # a new customer may first have to set a password
_UNDECIDED = (RequestStatus.PUSHED, RequestStatus.WAITING, RequestStatus.SUPERSEDED)
REQUEST_URI_PREFIX = "urn:ietf:params:oauth:request_uri:"


class UnusableRequestUri(Exception):
    """The request_uri is unknown, expired, used or another client's (X-08); which of these is not told."""


class AnothersRequest(Exception):
    """A request that another user opened first; it stays theirs."""


@dataclass(frozen=True, slots=True)
class RequestContext:
    """What came with a request besides what is asked for; checked by the edge before it is stored."""

    redirect_uri: str
    state: str
    code_challenge: str
    redirect_uri_sent: bool = True
    prompt_login: bool = False


def allowed_scopes(client: Client) -> frozenset[str]:
    """Scope ids that this client may ask for at this utility now; a registered name may be an alias. One query."""
    registered = {scope.id for name in client.allowed_scopes if (scope := scope_named(name))}
    offered = {scope.id for scope in offered_scopes(settings.UTILITY_ROLE)}
    return frozenset(registered & offered) - closed_scopes(client=client)


def may_ask(client: Client) -> bool:
    """Whether the client's own status lets it ask, be approved and read."""
    return client.status in (ClientStatus.PRODUCTION, ClientStatus.SANDBOX)


def store_request(
    *, client: Client, access: AccessRequest, asked: RequestContext, at: datetime
) -> tuple[ConsentRequest, str]:
    """Store a direct request, waiting for whoever opens it first; returns it with the key of its page's address."""
    key = new_secret()
    request = ConsentRequest.objects.create(
        **_fields(client, access, asked),
        key_digest=checksum(key),
        status=RequestStatus.WAITING,
        created=at,
        expires=at + DECIDE_WITHIN,
    )
    return request, key


def push_request(
    *, client: Client, access: AccessRequest, asked: RequestContext, at: datetime
) -> tuple[ConsentRequest, str]:
    """Store a pushed request (RFC 9126); returns it with its request_uri, of which only a hash is kept."""
    request_uri = REQUEST_URI_PREFIX + new_secret()
    request = ConsentRequest.objects.create(
        **_fields(client, access, asked),
        request_uri_hash=checksum(request_uri),
        status=RequestStatus.PUSHED,
        created=at,
        expires=at + PUSHED_FOR,
    )
    return request, request_uri


def open_request(*, client: Client, request_uri: str, at: datetime) -> tuple[ConsentRequest, str]:
    """The pushed request, once, with the key of its page's address: it now waits for a decision.

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
        request.expires = at + DECIDE_WITHIN
        request.key_digest = checksum(key)
        request.save(update_fields=["status", "expires", "key_digest"])
    request.client = client
    return request, key


def bind_request(*, request: ConsentRequest, user: User, at: datetime) -> None:
    """Tie the request to the first user who opens it. Raises AnothersRequest for everyone after (X-16).

    Of the undecided requests of one company that one user opened only the newest stays open (P-31): `request` is
    superseded itself where they opened a newer one before. No statement where `request` is theirs already: only they
    themselves can let it go.
    """
    if request.user_id == user.pk:
        return
    with transaction.atomic():
        User.objects.select_for_update(no_key=True).get(pk=user.pk)  # two tabs take turns
        free = ConsentRequest.objects.filter(Q(user=None) | Q(user=user), pk=request.pk)
        if not free.update(user=user):
            raise AnothersRequest
        request.user = user
        _supersede_older(request, user, at)


def _supersede_older(request: ConsentRequest, user: User, at: datetime) -> None:
    """Also those that `user` handed over, and those superseded before: they name the newest from now on."""
    theirs = ConsentRequest.objects.filter(client=request.client_id, user=user)
    newest = theirs.filter(status=RequestStatus.WAITING, expires__gt=at).order_by("pk").last()
    if newest is None:
        return
    older = theirs.filter(status__in=(RequestStatus.WAITING, RequestStatus.SUPERSEDED), pk__lt=newest.pk)
    older.update(status=RequestStatus.SUPERSEDED, superseded_by=newest)
    if request.pk != newest.pk:
        request.status, request.superseded_by = RequestStatus.SUPERSEDED, newest


def keep_open(*, request: ConsentRequest, user: User, at: datetime) -> None:
    """Let a request that `user` opened wait until a day after they may share, where their role is new (decision 0038).

    One query, and a statement where the request would end sooner.
    """
    waits = shares_from(user=user, at=at)
    if waits is None or request.user_id != user.pk or request.expires >= waits + DECIDE_WITHIN:
        return
    request.expires = waits + DECIDE_WITHIN
    request.save(update_fields=["expires"])


def release_request(*, request: ConsentRequest, user: User) -> str | None:
    """Give the request back undecided, for someone else to log in and open it (F-87).

    Returns the key of its page's address from now on; None where it is not `user`'s to give back. Whom `user` had
    asked to decide is asked no more: it will be another person's request.
    """
    key = new_secret()
    mine = ConsentRequest.objects.filter(pk=request.pk, user=user, status=RequestStatus.WAITING)
    return key if mine.update(user=None, handed_over=None, key_digest=checksum(key)) else None


def delete_undecided(*, at: datetime) -> int:
    """Delete requests that nobody decided, 30 days after their end; returns how many. One statement."""
    undecided = ConsentRequest.objects.filter(status__in=_UNDECIDED)
    return undecided.filter(expires__lte=at - KEEP_UNDECIDED).delete()[0]


def _fields(client: Client, access: AccessRequest, asked: RequestContext) -> dict[str, object]:
    return {
        "client": client,
        "redirect_uri": asked.redirect_uri,
        "redirect_uri_sent": asked.redirect_uri_sent,
        "state": asked.state,
        "code_challenge": asked.code_challenge,
        "prompt_login": asked.prompt_login,
        "details": access.as_json(),
    }

"""A third party changes a grant it holds (R-158 to R-163): ends it, gives some of it up, or says that it wants more.

Less needs nobody and holds at once. More is kept beside the grant until a customer agrees to a request for it; what was
allowed goes on meanwhile (docs/decisions/0080).
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.timezone import get_default_timezone

from cdsc_portal.lib.json.encoder import dumps
from consent.mail.client_messages import notify
from consent.models import (
    Actor,
    Change,
    Grant,
    GrantKind,
    MessageStatus,
    MessageType,
    Review,
    ReviewKind,
)
from consent.parts import Part
from consent.queries.grant_contents import grant_contents
from consent.queries.scope_offers import reviews_wishes
from consent.requests import (
    AccessRequest,
    InvalidDetails,
    InvalidRequest,
    InvalidScope,
    RequestedPart,
    parse_request,
)
from consent.scopes.catalogue import scope_named
from consent.services.access_requests import allowed_scopes, may_request, within_limits
from consent.services.journal import journal_contents
from consent.services.narrow import lock_open_grant, narrow_to
from consent.services.revoke import close_grant
from consent.services.third_parties.client_values import ValueRefused
from consent.services.third_parties.grant_details import Held, Wanted, compared
from consent.services.third_parties.review_queue import withdraw_wish
from consent.services.transitions import record_event, record_transition, settled_status
from consent.transitions import GrantStatus, TransitionNotAllowed

_CLOSED = GrantStatus.CLOSED.value
# others wait for something else than a customer, and would open again
_MAY_WANT_MORE = frozenset(
    {
        GrantStatus.ACTIVE,
        GrantStatus.PARTIAL,
        GrantStatus.NEEDS_AUTHORIZATION,
        GrantStatus.PENDING,
        GrantStatus.DELAYED,
        GrantStatus.STOPPED,
    }
)
_NOT_OF_A_REQUEST = frozenset({"resolution", "meters", "services_added_later"})
Details = list[dict[str, Any]]


@transaction.atomic
def change_grant(*, grant: Grant, sent: Mapping[str, Any], at: datetime, uri: str = "") -> bool:
    """Set `status`, `scope` and `authorization_details` as far as `sent` names them; what else it names is ignored.

    Returns whether what it wants waits for staff (R-163); `uri` is the grant's, for their message. Call it under the
    lock of the registration. Raises ValueRefused naming the member at fault; then nothing changes.
    """
    _check_types(sent)
    try:
        if "status" in sent:
            close_grant(grant=grant, at=at)
        elif "scope" in sent or "authorization_details" in sent:
            grant = lock_open_grant(grant, at)
            if grant.kind == GrantKind.CUSTOMER:
                return _change_shared(grant, sent, at, uri)
            _reduce_own(grant, sent, at)
    except TransitionNotAllowed as ended:
        raise _refused("status", str(ended)) from ended
    return False


def _check_types(sent: Mapping[str, Any]) -> None:
    if "status" in sent and sent["status"] != _CLOSED:
        raise _refused("status", f"only {_CLOSED} can be set")
    if "scope" in sent and not (isinstance(sent["scope"], str) and sent["scope"].strip()):
        raise ValueRefused("scope", "it must be a text that names a scope", error=InvalidScope.error)
    details = sent.get("authorization_details", [])
    if not isinstance(details, list) or not all(
        isinstance(detail, dict) and isinstance(detail.get("type"), str) for detail in details
    ):
        raise ValueRefused(
            "authorization_details",
            "it must be a list of objects that each have a type",
            error=InvalidDetails.error,
        )


@dataclass(frozen=True, slots=True)
class _Wish:
    """What a grant is to be: by scope id, in the order that was sent."""

    wanted: Mapping[str, Wanted]

    @property
    def scope(self) -> str:
        return " ".join(wanted.type_sent for wanted in self.wanted.values())

    @property
    def details(self) -> Details:
        return [wanted.detail for wanted in self.wanted.values()]


def _change_shared(grant: Grant, sent: Mapping[str, Any], at: datetime, uri: str) -> bool:
    contents = grant_contents(grant)
    wish = _wish(grant, sent)
    cuts: dict[str, Part] = {}
    beyond: list[Wanted] = []
    numbers = {contract.contract_number: pk for pk, contract in contents.contracts.items()}
    granted = {_scope_id(detail["type"]): detail for detail in grant.authorization_details}
    for part in contents.parts:
        if (wanted := wish.wanted.get(part.scope.id)) is None:
            continue
        held = Held(part, granted.get(part.scope.id, {}), numbers)
        cut, reaches_beyond = compared(held, wanted, at=at)
        cuts[part.scope.id] = cut
        if reaches_beyond:
            beyond.append(wanted)
    beyond += [wanted for scope_id, wanted in wish.wanted.items() if scope_id not in cuts]
    if beyond:
        _check_wish(grant, beyond, held=cuts.keys(), at=at)
    lasting = [part for part in cuts.values() if not part.period.is_over(at)]
    opens_something = any(part.contracts or part.future_accounts for part in lasting)
    if not opens_something and not beyond:
        raise _refused("scope", f"nothing of what is shared would remain; set status to {_CLOSED}")
    # where nothing would be left, what was agreed goes on until a customer decides about the rest
    if opens_something and any(cuts.get(part.scope.id) != part for part in contents.parts):
        narrow_to(
            grant=grant,
            cut=lambda part: cuts.get(part.scope.id),
            actor=Actor.CLIENT,
            change=Change.GIVEN_UP,
            at=at,
        )
        grant = lock_open_grant(grant, at)
    if not beyond:
        _want_no_more(grant, at)
        return False
    waits = reviews_wishes([wanted.type_sent for wanted in beyond])
    _want_more(grant, wish, GrantStatus.PENDING if waits else GrantStatus.NEEDS_AUTHORIZATION, at)
    if waits:
        _ask_staff(grant, uri, at)
    return waits


def _wish(grant: Grant, sent: Mapping[str, Any]) -> _Wish:
    """The grant as it is to be. A member that a detail leaves out stays as it is read now."""
    read = {
        _scope_id(detail["type"]): detail for detail in grant.requested_details or grant.authorization_details
    }
    entries: dict[str, dict[str, Any]] = {}
    for detail in sent.get("authorization_details", ()):
        scope_id = _scope_id(detail["type"], "authorization_details", InvalidDetails.error)
        if scope_id in entries:
            raise ValueRefused(
                "authorization_details", f"there are two of {scope_id}", error=InvalidDetails.error
            )
        entries[scope_id] = detail
    names = {_scope_id(name, "scope", InvalidScope.error): name for name in sent.get("scope", "").split()}
    wanted = {}
    for scope_id in dict.fromkeys((*names, *entries)):
        stands = read.get(scope_id, {"type": names.get(scope_id)})
        sent_members = {name: value for name, value in entries.get(scope_id, {}).items() if value is not None}
        detail = {**stands, **sent_members}
        if scope_id in read and detail["type"] != read[scope_id]["type"]:
            raise _refused("scope", f"{read[scope_id]['type']} and another offer of it cannot be one grant")
        wanted[scope_id] = Wanted(scope_id, str(detail["type"]), detail)
    return _Wish(wanted)


def _check_wish(grant: Grant, beyond: Sequence[Wanted], *, held: Collection[str], at: datetime) -> None:
    """Whether a customer could be asked for it now: by the rules of every request. Raises ValueRefused.

    Members that only grants have may stand in what is `held` (ids of scopes).
    """
    if grant.status not in _MAY_WANT_MORE:
        raise _refused("scope", f"a grant that is {grant.status} can only become less")
    if not may_request(grant.client):
        raise _refused("scope", "its object may not ask for more at present")
    allowed = allowed_scopes(grant.client)
    parts: list[RequestedPart] = []
    for wanted in beyond:
        try:
            parts += _as_request(wanted, allowed, is_held=wanted.scope_id in held, at=at).parts
        except InvalidScope as wrong:
            raise ValueRefused("scope", wrong.description.partition(": ")[2], error=wrong.error) from wrong
        except InvalidRequest as wrong:
            why = wrong.description.replace("authorization_details[0]", wanted.type_sent)
            raise ValueRefused("authorization_details", why, error=wrong.error) from wrong
    try:
        within_limits(AccessRequest(grant.scope, tuple(parts)), client=grant.client, at=at)
    except InvalidDetails as wrong:
        raise ValueRefused("authorization_details", wrong.description, error=wrong.error) from wrong


def _as_request(wanted: Wanted, allowed: Collection[str], *, is_held: bool, at: datetime) -> AccessRequest:
    """Raises InvalidRequest where no request may say this. A scope without more is one of a request's `scope`."""
    detail = wanted.detail
    if is_held:
        detail = {name: value for name, value in detail.items() if name not in _NOT_OF_A_REQUEST}
        if wanted.detail.get("services_added_later"):
            detail["services"] = "all"
    bare = detail.keys() == {"type"}
    return parse_request(
        scope=wanted.type_sent if bare else "",
        authorization_details=None if bare else dumps([detail]).decode(),
        allowed=allowed,
        now=at,
        zone=get_default_timezone(),
    )


def _want_more(grant: Grant, wish: _Wish, to: GrantStatus, at: datetime) -> None:
    grant.requested_scope, grant.requested_details = wish.scope, wish.details
    if grant.status != to:
        record_transition(
            grant,
            to=to,
            actor=Actor.CLIENT,
            change=Change.REQUESTED,
            at=at,
        )
        return
    record_event(
        grant,
        former=grant.status,
        to=grant.status,
        actor=Actor.CLIENT,
        change=Change.REQUESTED,
        at=at,
    )
    grant.modified, grant.eta = at, None  # when staff decide was said of the wish before
    grant.save(update_fields=["requested_scope", "requested_details", "modified", "eta"])


def _ask_staff(grant: Grant, uri: str, at: datetime) -> None:
    """Put the wish into the queue of staff; one of before leaves it (R-163)."""
    withdraw_wish(grant, at=at, why="A newer wish took its place.")
    registration = grant.client.registration
    assert registration is not None  # the caller came by it
    changes = [
        {"field": "scope", "previous_value": grant.scope, "new_value": grant.requested_scope},
        {
            "field": "authorization_details",
            "previous_value": grant.authorization_details,
            "new_value": grant.requested_details,
        },
    ]
    message = notify(
        client=grant.client,
        grant=grant,
        subject="What you want waits for the utility",
        text=f"The utility looks at what you want of grant {grant.public_id}; what is allowed goes on.",
        at=at,
        kind=MessageType.FIELD_CHANGES,
        status=MessageStatus.PENDING,
        updates=changes,
        related_uri=uri,
        related_type="grant",
        mailed=False,
    )
    Review.objects.create(
        registration=registration,
        client=grant.client,
        grant=grant,
        message=message,
        kind=ReviewKind.GRANT_CHANGES,
        changes=changes,
        created=at,
    )


def _want_no_more(grant: Grant, at: datetime) -> None:
    if grant.status in (GrantStatus.NEEDS_AUTHORIZATION, GrantStatus.PENDING):
        record_transition(grant, to=settled_status(grant, at), actor=Actor.CLIENT, at=at)
    elif grant.requested_scope is not None:  # paused by staff meanwhile
        grant.requested_scope = grant.requested_details = None
        grant.modified = at
        grant.save(update_fields=["requested_scope", "requested_details", "modified"])


def _reduce_own(grant: Grant, sent: Mapping[str, Any], at: datetime) -> None:
    """Of a grant without a user only words and details can be taken away: nobody could allow more (R-36)."""
    words = grant.scope.split()
    kept = [word for word in words if word in sent["scope"].split()] if "scope" in sent else words
    details = sent.get("authorization_details", grant.authorization_details)
    if "scope" in sent and set(sent["scope"].split()) - set(words):
        raise _refused("scope", "no customer can allow more of this grant")
    if any(detail not in grant.authorization_details for detail in details):
        raise _refused("authorization_details", "no customer can allow more of this grant")
    if not kept or (grant.authorization_details and not details):
        raise _refused("scope", f"nothing would remain; set status to {_CLOSED}")
    remaining = [detail for detail in grant.authorization_details if detail in details]
    if kept == words and remaining == grant.authorization_details:
        return
    grant.scope, grant.authorization_details, grant.modified = " ".join(kept), remaining, at
    grant.save(update_fields=["scope", "authorization_details", "modified"])
    journal_contents(grant, ())
    record_event(
        grant,
        former=grant.status,
        to=grant.status,
        actor=Actor.CLIENT,
        change=Change.GIVEN_UP,
        at=at,
    )


def _scope_id(name: str, member: str = "", error: str = "") -> str:
    scope = scope_named(name)
    if scope is not None:
        return scope.id
    if member:
        raise ValueRefused(member, f"there is no {name[:60]!r}", error=error)
    return name


def _refused(member: str, why: str) -> ValueRefused:
    return ValueRefused(member, why, error="invalid_request")

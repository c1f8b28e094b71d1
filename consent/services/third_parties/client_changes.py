"""A third party replaces what an object says of it (R-84 to R-92, RFC 7592 2.2): at once, or once staff agree."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from consent.mail.client_messages import notify
from consent.models import (
    Client,
    ClientStatus,
    MessageStatus,
    MessageType,
    Review,
    ReviewKind,
    ReviewStatus,
)
from consent.queries.registrable import registrable_scopes
from consent.services.credentials import expire_all
from consent.services.journal import journal_client
from consent.services.third_parties.client_values import (
    ValueRefused,
    address_of,
    contacts_of,
    name_of,
    redirect_uris_of,
    scopes_of,
    text_of,
)
from consent.services.third_parties.review_queue import withdraw

Reader = Callable[[Client, Mapping[str, Any], str], Any]


@dataclass(frozen=True, slots=True)
class ChangeableField:
    """A member that a third party may change. `attribute` is where the object has it.

    `read` makes the new value of what was sent, the server's default where it was left out (R-89). `is_reviewed`: of a
    third party in production it waits for staff (R-90).
    """

    attribute: str
    read: Reader
    is_reviewed: bool = False


def _name(client: Client, sent: Mapping[str, Any], default_redirect_uri: str) -> str:
    return name_of(sent) or client.client_id


def _contacts(client: Client, sent: Mapping[str, Any], default_redirect_uri: str) -> list[str]:
    return contacts_of(sent)


def _uri(member: str) -> Reader:
    return lambda client, sent, default_redirect_uri: address_of(sent, member)


def _redirect_uris(client: Client, sent: Mapping[str, Any], default_redirect_uri: str) -> str:
    uris = redirect_uris_of(sent, public=client.client_type == Client.CLIENT_PUBLIC, own=default_redirect_uri)
    if uris and not client.response_types:
        raise ValueRefused(
            "redirect_uris", "customers are not asked for this object", error="invalid_redirect_uri"
        )
    if not uris and client.response_types:
        uris = [default_redirect_uri]
    return "\n".join(uris)


def _scope(client: Client, sent: Mapping[str, Any], default_redirect_uri: str) -> list[str]:
    """Scopes that may share the object (R-65). Left out: those it has."""
    if sent.get("scope") is None:
        return list(client.allowed_scopes)
    ids = scopes_of(sent)
    if set(ids) <= set(client.allowed_scopes) and (ids or not client.is_admin):
        fit = [name for name in client.allowed_scopes if name in ids]
        if not client.is_admin or fit == client.allowed_scopes:
            return fit
    if client.is_admin:
        raise ValueRefused("scope", "that of the object for the APIs stays as it is")
    known = registrable_scopes()
    for name in ids:
        fits = name in known and (
            list(known[name].response_types) == client.response_types
            and list(known[name].grant_types) == client.grant_types
            and (client.auth_method in known[name].auth_methods or not known[name].auth_methods)
        )
        if name not in client.allowed_scopes and not fits:
            raise ValueRefused("scope", f"{name[:60]!r} cannot be had by this object")
    return ids


def _status(client: Client, sent: Mapping[str, Any], default_redirect_uri: str) -> str:
    """One of `cds_status_options` (R-77 to R-79); left out, the first of them."""
    value = text_of(sent, "cds_status")
    if value and value not in client.status_options:
        raise ValueRefused("cds_status", f"it must be one of {', '.join(client.status_options)}")
    value = value or client.status_options[0]
    is_suspended = client.status == ClientStatus.SUSPENDED and value == ClientStatus.PRODUCTION
    return client.status if is_suspended else value  # staff suspend and reinstate, which is not on the wire


def _default_scope(client: Client, sent: Mapping[str, Any], default_redirect_uri: str) -> str:
    words = scopes_of(sent, "cds_default_scope")
    allowed = _scope(client, sent, default_redirect_uri)
    if not client.response_types:
        return _no_default("cds_default_scope", words)
    if set(words) - set(allowed):
        raise ValueRefused("cds_default_scope", "it must be a part of scope")
    return " ".join(words or allowed)


def _default_redirect(client: Client, sent: Mapping[str, Any], default_redirect_uri: str) -> str:
    uri = text_of(sent, "cds_default_redirect_uri")
    if not client.response_types:
        return _no_default("cds_default_redirect_uri", uri)
    uris = _redirect_uris(client, sent, default_redirect_uri).split()
    if uri and uri not in uris:
        raise ValueRefused("cds_default_redirect_uri", "it must be one of redirect_uris")
    return uri or (default_redirect_uri if default_redirect_uri in uris else uris[0])


def _default_details(
    client: Client, sent: Mapping[str, Any], default_redirect_uri: str
) -> list[dict[str, Any]]:
    details = sent.get("cds_default_authorization_details") or []
    if not isinstance(details, list) or not all(isinstance(each, dict) for each in details):
        raise ValueRefused("cds_default_authorization_details", "it must be a list of objects")
    if not client.response_types:
        _no_default("cds_default_authorization_details", details)
        return []
    allowed = _scope(client, sent, default_redirect_uri)
    if any(each.get("type") not in allowed for each in details):
        raise ValueRefused("cds_default_authorization_details", "each type must be a part of scope")
    return details


def _no_default(member: str, value: object) -> str:
    if value:
        raise ValueRefused(member, "customers are not asked for this object")
    return ""


CHANGEABLE: dict[str, ChangeableField] = {
    "scope": ChangeableField("allowed_scopes", _scope, is_reviewed=True),
    "redirect_uris": ChangeableField("redirect_uris", _redirect_uris),
    "client_name": ChangeableField("name", _name, is_reviewed=True),
    "client_uri": ChangeableField("client_uri", _uri("client_uri"), is_reviewed=True),
    "logo_uri": ChangeableField("logo_uri", _uri("logo_uri"), is_reviewed=True),
    "tos_uri": ChangeableField("terms_uri", _uri("tos_uri"), is_reviewed=True),
    "policy_uri": ChangeableField("policy_uri", _uri("policy_uri"), is_reviewed=True),
    "contacts": ChangeableField("contact_addresses", _contacts),
    "cds_status": ChangeableField("status", _status),
    "cds_default_scope": ChangeableField("default_scope", _default_scope),
    "cds_default_redirect_uri": ChangeableField("default_redirect_uri", _default_redirect),
    "cds_default_authorization_details": ChangeableField("default_authorization_details", _default_details),
}


@dataclass(frozen=True, slots=True)
class Replaced:
    """What became of a replacement: the object as it is now, and whether something of it waits for staff."""

    client: Client
    waits: bool


@transaction.atomic
def replace_client(
    *,
    client: Client,
    sent: Mapping[str, Any],
    shown: Mapping[str, Any],
    default_redirect_uri: str,
    changed_uri: str,
    at: datetime,
) -> Replaced:
    """Set every changeable member to what was sent, or to its default where it was left out (R-86 to R-92).

    `shown` is the object as its third party reads it: members that the server sets must be as there, or left out. Call
    it under the lock of the registration. Raises ValueRefused naming the member at fault; then nothing changes.
    """
    client = Client.objects.select_for_update(no_key=True).get(pk=client.pk)
    for member, value in sent.items():
        if member not in CHANGEABLE and (member not in shown or shown[member] != value):
            raise ValueRefused(member, "the server sets it" if member in shown else "it is not known here")
    changes = {
        member: value
        for member, field in CHANGEABLE.items()
        if (value := field.read(client, sent, default_redirect_uri)) != getattr(client, field.attribute)
    }
    is_reviewed = _is_in_production(client)
    held = {
        m: v
        for m, v in changes.items()
        if is_reviewed and CHANGEABLE[m].is_reviewed and _is_new(client, m, v)
    }
    now = {member: value for member, value in changes.items() if member not in held}
    if held.get("scope") and "cds_default_scope" in now:
        kept = [name for name in now["cds_default_scope"].split() if name in client.allowed_scopes]
        now["cds_default_scope"] = " ".join(kept) or client.default_scope
    if now:
        _apply(client, now, changed_uri=changed_uri, at=at)
    if held:
        _hold(client, held, changed_uri=changed_uri, at=at)
    return Replaced(client, bool(held))


def apply_reviewed_changes(*, review: Review, at: datetime) -> Client:
    """Set what a review held back, once staff have agreed."""
    assert review.client is not None
    client = Client.objects.select_for_update(no_key=True).get(pk=review.client.pk)
    for change in review.changes:
        field = CHANGEABLE[change["field"]]
        value = change["new_value"]
        setattr(client, field.attribute, value.split() if field.attribute == "allowed_scopes" else value)
        if field.attribute == "client_uri":
            client.uri_confirmed = False
    client.modified = at
    client.save()
    return client


def notify_of_edit(*, client: Client, former: Mapping[str, Any], changed_uri: str, at: datetime) -> None:
    """The message of what staff changed of an object, by attribute what it was before; none of what its third party
    does not read (R-92).
    """
    entries = [
        {
            "field": member,
            "name": member,
            "description": "",
            "previous_value": wire_value(member, former[field.attribute]),
            "new_value": wire_value(member, getattr(client, field.attribute)),
        }
        for member, field in CHANGEABLE.items()
        if field.attribute in former and former[field.attribute] != getattr(client, field.attribute)
    ]
    if entries:
        notify(
            client=client,
            subject="Changed by the utility",
            text=f"The utility changed: {', '.join(str(entry['field']) for entry in entries)}.",
            at=at,
            kind=MessageType.FIELD_CHANGES,
            updates=entries,
            related_uri=changed_uri,
            related_type="client",
        )


def wire_value(member: str, value: object) -> object:
    """A value of an object's attribute as the wire has it."""
    if member == "scope" and isinstance(value, list):
        return " ".join(value)
    if member == "redirect_uris" and isinstance(value, str):
        return value.split()
    return value


def _is_in_production(client: Client) -> bool:
    """Whether its third party asks real customers by any of its objects."""
    siblings = Client.objects.filter(registration=client.registration_id)
    serving = siblings.filter(status__in=(ClientStatus.PRODUCTION, ClientStatus.SUSPENDED))
    return any(each.response_types for each in serving)


def _is_new(client: Client, member: str, value: Any) -> bool:  # noqa: ANN401 - any JSON
    """Whether a change adds something that customers or data see: taking scopes away needs nobody."""
    return not (member == "scope" and set(value) <= set(client.allowed_scopes))


def _change_entries(client: Client, changes: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [
        {
            "field": member,
            "name": member,
            "description": "",
            "previous_value": wire_value(member, getattr(client, CHANGEABLE[member].attribute)),
            "new_value": wire_value(member, value),
        }
        for member, value in changes.items()
    ]


def _apply(client: Client, changes: Mapping[str, Any], *, changed_uri: str, at: datetime) -> None:
    entries = _change_entries(client, changes)
    for member, value in changes.items():
        setattr(client, CHANGEABLE[member].attribute, value)
    if "client_uri" in changes:
        client.uri_confirmed = False
    if client.status == ClientStatus.DISABLED and "cds_status" in changes:
        client.status_options = [ClientStatus.DISABLED.value]  # for good
        expire_all(client=client, at=at)
        journal_client(client)
    client.modified = at
    client.save()
    notify(
        client=client,
        subject="Changed",
        text=f"Changed by its API: {', '.join(changes)}.",
        at=at,
        kind=MessageType.FIELD_CHANGES,
        updates=entries,
        related_uri=changed_uri,
        related_type="client",
    )


def _hold(client: Client, changes: Mapping[str, Any], *, changed_uri: str, at: datetime) -> None:
    """Keep the old values and ask staff; what waited before of the same object is replaced (R-90)."""
    entries, registration = _change_entries(client, changes), client.registration
    assert registration is not None  # the caller came by it
    earlier = Review.objects.select_for_update(of=("self",)).filter(
        client=client, kind=ReviewKind.FIELD_CHANGES, status=ReviewStatus.WAITING
    )
    for review in earlier.select_related("message"):
        if review.changes == entries:
            return
        withdraw(review, at=at)
    message = notify(
        client=client,
        subject="Changes wait for the utility",
        text=f"The utility reviews these changes; until then the values of before stand: {', '.join(changes)}.",
        at=at,
        kind=MessageType.FIELD_CHANGES,
        status=MessageStatus.PENDING,
        updates=entries,
        related_uri=changed_uri,
        related_type="client",
    )
    Review.objects.create(
        registration=registration,
        client=client,
        message=message,
        kind=ReviewKind.FIELD_CHANGES,
        changes=entries,
        created=at,
    )

"""A third party registers itself: everything it gets is made in one transaction (R-59 to R-72, RFC 7591)."""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction

from consent.mail.client_messages import notify
from consent.models import (
    AuthenticationMethod,
    Client,
    ClientStatus,
    FieldType,
    MessageStatus,
    MessageType,
    Registration,
    RegistrationField,
    RegistrationFile,
    RegistrationStep,
    Review,
    ReviewKind,
    StepStatus,
)
from consent.queries.registrable import Registrable, registrable_scopes
from consent.queries.scope_offers import registration_fields
from consent.scopes.base import CLIENT_ADMIN
from consent.services.clients import ClientChangeRefused
from consent.services.credentials import first_secret, new_credential
from consent.services.third_parties.client_values import (
    ValueRefused,
    address_of,
    contacts_of,
    name_of,
    scopes_of,
    text_of,
)
from consent.services.third_parties.field_values import SentValues, read_field_values

# how each step is asked for: the type of its message, and of what its link leads to
_STEPS: dict[str, tuple[MessageType, str]] = {
    FieldType.PAYMENT_REQUIRED: (MessageType.PAYMENT_REQUEST, "payment_form"),
    FieldType.EMAIL_VERIFICATION: (MessageType.ONLINE_FORM_REQUEST, "online_form"),
    FieldType.SSO_VERIFICATION: (MessageType.ONLINE_FORM_REQUEST, "online_form"),
    FieldType.ONLINE_FORM: (MessageType.ONLINE_FORM_REQUEST, "online_form"),
    FieldType.PDF_FORM: (MessageType.PDF_FORM_REQUEST, "pdf_form"),
}
_SAME_IN_PRODUCTION = (
    "name", "client_type", "authorization_grant_type", "redirect_uris", "allowed_scopes", "client_uri", "logo_uri",
    "terms_uri", "policy_uri", "purpose", "contact_addresses", "auth_method", "grant_types", "response_types",
    "default_scope", "default_redirect_uri", "default_authorization_details",
)  # fmt: skip
LINK_LIFE = timedelta(days=30)  # of the page of a step; a message with a new link follows
_SIGNS = re.compile(r"[\W_]+")


@dataclass(frozen=True, slots=True)
class Registered:
    """A new third party: its object for the APIs, with the secret that the answer shows."""

    registration: Registration
    admin: Client
    secret: str


@dataclass(frozen=True, slots=True)
class _Described:
    """What a third party says of itself, the same for each of its objects."""

    name: str
    contacts: list[str]
    client_uri: str
    logo_uri: str
    tos_uri: str
    policy_uri: str


@dataclass(frozen=True, slots=True)
class _Shape:
    """What scopes have in common that share an object (R-65)."""

    response_types: tuple[str, ...]
    grant_types: tuple[str, ...]
    auth_method: str | None


def register(sent: Mapping[str, Any], *, default_redirect_uri: str, at: datetime) -> Registered:
    """Make registration, objects, secrets, steps, messages and what staff have to look at; all of it or nothing.

    `sent` is the JSON of the request; its `redirect_uris` are not read (R-62). Raises ValueRefused naming the member at
    fault.
    """
    scopes = _requested_scopes(sent)
    described = _Described(
        name_of(sent),
        contacts_of(sent),
        *(address_of(sent, member) for member in ("client_uri", "logo_uri", "tos_uri", "policy_uri")),
    )
    required = {field for scope in scopes for field in scope.requirements}
    named = required | {field for scope in scopes for field in scope.optional}
    fields = {field.field_id: field for field in registration_fields(named)}
    values = read_field_values(sent, fields, required=required)
    shapes = _shapes(scopes, method=text_of(sent, "token_endpoint_auth_method"))
    with transaction.atomic():
        registration = _store(described.name, values, at)
        admin = _make_object(registration, [CLIENT_ADMIN], _ADMIN_SHAPE, described, "", at)
        secret = first_secret(client=admin, at=at)
        for shape, ids in shapes.items():
            made = _make_object(registration, ids, shape, described, default_redirect_uri, at)
            if shape.auth_method is not None:
                first_secret(client=made, at=at)
        if not described.name:
            registration.name = admin.client_id
            registration.save(update_fields=["name"])
        needed = [field for field_id, field in fields.items() if field_id in required]
        _begin_steps(registration, needed, at=at)
    return Registered(registration, admin, secret)


@transaction.atomic
def give_apis(*, registration: Registration, at: datetime) -> tuple[Client, str]:
    """Give a third party that staff registered an object for the APIs, with its secret.

    Raises ClientChangeRefused: it has one.
    """
    registration = Registration.objects.select_for_update(no_key=True).get(pk=registration.pk)
    if any(client.is_admin for client in registration.clients.all()):
        raise ClientChangeRefused(f"{registration} has an object for the APIs")
    described = _Described(registration.name, [], "", "", "", "")
    admin = _make_object(registration, [CLIENT_ADMIN], _ADMIN_SHAPE, described, "", at)
    text = f"The utility added {admin.client_id}, the object for the APIs, with a credential."
    notify(client=admin, subject="Object added", text=text, at=at, kind=MessageType.FIELD_CHANGES)
    return admin, first_secret(client=admin, at=at)


def make_production_object(*, sandbox: Client, at: datetime) -> Client:
    """The object of production beside one of the sandbox, with a secret of its own (R-71, R-72).

    Raises ClientChangeRefused: the other is not in the sandbox.
    """
    if sandbox.status != ClientStatus.SANDBOX:
        raise ClientChangeRefused(f"{sandbox} is not in the sandbox")
    production = Client(
        registration=sandbox.registration,
        status=ClientStatus.PRODUCTION,
        status_options=[ClientStatus.PRODUCTION.value, ClientStatus.DISABLED.value],
        modified=at,
        **{name: getattr(sandbox, name) for name in _SAME_IN_PRODUCTION},
    )
    if sandbox.name == sandbox.client_id:
        production.name = production.client_id
    production.save()
    credential = new_credential(client=production, at=at)
    text = f"Credential {credential.public_id} of {production.client_id} was added."
    notify(client=production, subject="Credential added", text=text, at=at)
    return production


def passes_for_another(name: str) -> bool:
    """Whether a name reads like the utility's or that of a registered company. One query, of names alone."""
    plain = _letters(name)
    if not plain:
        return False
    if _letters(settings.UTILITY_NAME) in plain:
        return True
    known = Client.objects.order_by().values_list("name", flat=True).distinct()
    return any(_letters(other) == plain for other in known)


_ADMIN_SHAPE = _Shape((), ("client_credentials",), AuthenticationMethod.BASIC)


def _letters(name: str) -> str:
    """What an eye reads of a name: no case, no accents, no signs between."""
    plain = unicodedata.normalize("NFKD", name).casefold()
    letters = "".join(sign for sign in plain if not unicodedata.combining(sign))
    return _SIGNS.sub("", letters)


def _requested_scopes(sent: Mapping[str, Any]) -> list[Registrable]:
    """The described scopes of the request, and the Grant Admin scopes that come with them (R-59 to R-61, R-66)."""
    ids = scopes_of(sent)
    if CLIENT_ADMIN not in ids:
        raise ValueRefused("scope", f"it must name {CLIENT_ADMIN}")
    known = registrable_scopes()
    if unknown := [name for name in ids if name not in known]:
        raise ValueRefused("scope", f"{unknown[0][:60]!r} is not among those that can be registered here")
    for name in list(ids):
        grant_admin = known[name].grant_admin_scope
        if grant_admin and grant_admin not in ids and grant_admin in known:
            ids.append(grant_admin)
    return [known[name] for name in ids]


def _shapes(scopes: Iterable[Registrable], *, method: str) -> dict[_Shape, list[str]]:
    """The ids of the scopes beside the admin's, by what they need to have in common to share an object."""
    shapes: dict[_Shape, list[str]] = {}
    for scope in scopes:
        if scope.id == CLIENT_ADMIN:
            continue
        chosen = method if method in scope.auth_methods else next(iter(scope.auth_methods), None)
        shape = _Shape(scope.response_types, scope.grant_types, chosen)
        shapes.setdefault(shape, []).append(scope.id)
    return shapes


def _store(name: str, sent: SentValues, at: datetime) -> Registration:
    registration = Registration.objects.create(
        name=name, values=sent.values, flagged=passes_for_another(name), created=at, modified=at
    )
    RegistrationFile.objects.bulk_create(
        RegistrationFile(
            registration=registration,
            field=file.field,
            mime_type=file.mime_type,
            digest=file.digest,
            content=file.content,
        )
        for file in sent.files
    )
    return registration


def _make_object(
    registration: Registration,
    scopes: list[str],
    shape: _Shape,
    described: _Described,
    default_redirect_uri: str,
    at: datetime,
) -> Client:
    """One object (R-63 to R-70): in the sandbox where customers are asked, else in production."""
    asks = bool(shape.response_types)
    public = shape.auth_method == AuthenticationMethod.NONE
    status = ClientStatus.SANDBOX if asks else ClientStatus.PRODUCTION
    is_admin = scopes == [CLIENT_ADMIN]
    client = Client(
        registration=registration,
        client_type=Client.CLIENT_PUBLIC if public else Client.CLIENT_CONFIDENTIAL,
        authorization_grant_type=(
            Client.GRANT_AUTHORIZATION_CODE if asks else Client.GRANT_CLIENT_CREDENTIALS
        ),
        redirect_uris=default_redirect_uri if asks else "",
        allowed_scopes=scopes,
        client_uri=described.client_uri,
        logo_uri=described.logo_uri,
        terms_uri=described.tos_uri,
        policy_uri=described.policy_uri,
        contact_addresses=described.contacts,
        auth_method=shape.auth_method,
        grant_types=list(shape.grant_types),
        response_types=list(shape.response_types),
        status=status,
        #
        status_options=[status.value] if is_admin else [status.value, ClientStatus.DISABLED.value],
        default_scope=" ".join(scopes) if asks else "",
        default_redirect_uri=default_redirect_uri if asks else "",
        modified=at,
    )
    client.name = described.name or client.client_id
    client.save()
    return client


def _begin_steps(registration: Registration, fields: list[RegistrationField], *, at: datetime) -> None:
    """What has to be done before production, each with its message (R-44); staff see the registration at once.

    The message leads to where the utility has the step, else to its page here, for LINK_LIFE.
    """
    for field in fields:
        if field.type == FieldType.REGISTRATION_FIELD:
            continue
        asks = field.type in _STEPS
        step = RegistrationStep.objects.create(
            registration=registration,
            field=field,
            status=StepStatus.OPEN if asks else StepStatus.PENDING,
            created=at,
            modified=at,
        )
        if asks:
            kind, related = _STEPS[field.type]
            step.message = notify(
                registration=registration,
                subject=field.get_type_display(),
                text=field.description,
                at=at,
                kind=kind,
                status=MessageStatus.OPEN,
                related_uri=field.start_uri,
                related_type=related,
                amount=field.amount,
                currency=field.currency,
                step=step,
                link_expires=None if field.start_uri else at + LINK_LIFE,
            )
            step.save(update_fields=["message"])
    Review.objects.create(registration=registration, kind=ReviewKind.REGISTRATION, created=at)

"""Clients, requests, grants and receipts. All names and addresses are invented."""

import json
from collections.abc import Collection
from datetime import datetime, timedelta

import factory
from django.urls import resolve, reverse
from django.utils.timezone import get_default_timezone
from factory.django import DjangoModelFactory

from accounts.models import BillingAccount, ServiceContract, User
from cdsc_portal.lib.secrets.checksums import checksum
from cdsc_portal.lib.secrets.sealed import seal
from cdsc_portal.lib.time import clock
from consent.mail.grant_events import new_receipt_address
from consent.models import Client, ConsentRequest, Credential, Grant, GrantPart, Receipt, Selection
from consent.requests import parse_request
from consent.scopes.catalogue import SCOPES
from consent.services.access_requests import RequestContext, bind_request, store_request
from consent.services.approve import approve_request
from consent.services.decision import PartDecision
from consent.services.offer import Offer, build_offer
from consent.transitions import GrantStatus
from tests.factories.accounts import UserFactory

SECRET = "not-a-secret-of-anyone"


class ClientFactory(DjangoModelFactory):
    """A confidential client with SECRET that may ask for everything."""

    class Meta:
        model = Client
        skip_postgeneration_save = True

    name = factory.Sequence(lambda n: f"Sunny Savings {n}")
    client_type = Client.CLIENT_CONFIDENTIAL
    authorization_grant_type = Client.GRANT_AUTHORIZATION_CODE
    redirect_uris = "https://app.example.com/callback"
    allowed_scopes = factory.LazyFunction(lambda: list(SCOPES))

    @factory.post_generation
    def secret(client: Client, create: bool, text: str | None, **_: object):
        if client.client_type == Client.CLIENT_CONFIDENTIAL and text != "":
            sealed = seal(text or SECRET, purpose="client_secret")
            Credential.objects.create(client=client, digest=checksum(text or SECRET), sealed=sealed)


class GrantFactory(DjangoModelFactory):
    """An active grant of a year that can be refreshed; without parts, so it opens nothing."""

    class Meta:
        model = Grant

    client = factory.SubFactory(ClientFactory)
    user = factory.SubFactory(UserFactory)
    status = GrantStatus.ACTIVE
    scope = "usage_data"
    authorization_details = factory.LazyAttribute(
        lambda grant: [{"type": name, "services": ["1234567-1"]} for name in grant.scope.split()]
    )
    access_ends = factory.LazyFunction(lambda: clock.now() + timedelta(days=365))
    refreshable = True


class GrantPartFactory(DjangoModelFactory):
    """One scope of a grant over `contracts`, everything on record, as long as the grant."""

    class Meta:
        model = GrantPart
        skip_postgeneration_save = True

    grant = factory.SubFactory(GrantFactory)
    scope = "usage_data"
    position = factory.Sequence(lambda n: n % 1000)
    access_ends = factory.SelfAttribute("grant.access_ends")

    @factory.post_generation
    def contracts(part: GrantPart, create: bool, chosen: Collection[ServiceContract] | None, **_: object):
        Selection.objects.bulk_create(Selection(part=part, contract=contract) for contract in chosen or ())

    @factory.post_generation
    def future_accounts(
        part: GrantPart, create: bool, chosen: Collection[BillingAccount] | None, **_: object
    ):
        part.future_accounts.set(chosen or ())


class ReceiptFactory(DjangoModelFactory):
    """A receipt with nothing in it but what every receipt has."""

    class Meta:
        model = Receipt

    grant = factory.SubFactory(GrantFactory)
    facts = factory.LazyAttribute(
        lambda receipt: {
            "utility": "River Valley Power (demo)",
            "client": {"name": receipt.grant.client.name, "uri": "", "terms_uri": "", "policy_uri": ""},
            "purpose": "",
            "reference": "",
            "language": "en",
            "role": "owner",
            "approved_at": receipt.grant.created.isoformat(),
            "access_ends": receipt.grant.access_ends.isoformat() if receipt.grant.access_ends else None,
            "one_time": not receipt.grant.refreshable,
            "parts": [],
            "left_out": [],
        }
    )
    personal = factory.LazyAttribute(lambda receipt: {"approver": {}, "owners": [], "contracts": {}})


def ask(
    *details: dict,
    user: User,
    client: Client | None = None,
    at: datetime | None = None,
    redirect_uri: str = "",
) -> ConsentRequest:
    """A stored request of `details` that `user` has opened; its `page` is the address of whoever comes with it.

    It goes back to the first address that its client registered, unless `redirect_uri` says another.
    """
    at, client = at or clock.now(), client or ClientFactory()
    access = parse_request(
        scope="",
        authorization_details=json.dumps(details),
        allowed=client.allowed_scopes,
        now=at,
        zone=get_default_timezone(),
        locked=client.all_or_nothing,
    )
    back = redirect_uri or client.redirect_uris.split()[0]
    context = RequestContext(redirect_uri=back, state="s", code_challenge="c" * 43)
    request, key = store_request(client=client, access=access, context=context, at=at)
    request.page = reverse("consent_request", args=[key])
    bind_request(request=request, user=user, at=at)
    return request


def everything(offer: Offer) -> tuple[PartDecision, ...]:
    """The decision to share all that an offer has, as it was requested."""
    return tuple(PartDecision(part.scope.id, part.contracts) for part in offer.parts if part.can_be_shared)


def approve(
    request: ConsentRequest, *, decision: Collection[PartDecision] | None = None, at: datetime | None = None
) -> Grant:
    """The grant of an opened request; all that was asked unless `decision` says less."""
    at = at or clock.now()
    offer = build_offer(request, request.user, at)
    return approve_request(
        request=request,
        decision=everything(offer) if decision is None else decision,
        by=request.user,
        digest=offer.digest,
        at=at,
    )


def receipt_page_of(receipt: Receipt) -> str:
    """An address of `receipt` that needs no login, as a mail holds it."""
    return reverse("receipt", args=[new_receipt_address(receipt=receipt, at=clock.now())])


def request_at(page: str) -> ConsentRequest:
    """The stored request whose page stands at this address."""
    return ConsentRequest.objects.get(key_digest=checksum(resolve(page).kwargs["key"]))

"""A third party of the demo that registered itself, with all that its APIs list: objects in sandbox and production,
grants in several states, messages of several types, steps on their way and a file that staff let it fetch.
"""

import json
from datetime import datetime
from typing import Any

from django.core.files.base import ContentFile
from django.utils.timezone import get_default_timezone

from accounts.models import User
from cdsc_portal.lib.time import clock
from consent.mail.client_messages import notify
from consent.models import (
    Actor,
    Client,
    Grant,
    MessageType,
    Registration,
    RegistrationField,
    RegistrationStep,
    ScopeOffer,
    StepStatus,
)
from consent.oauth.redirects import default_redirect_uri
from consent.requests import parse_request
from consent.services.access_requests import RequestContext, bind_request, store_request
from consent.services.approve import approve_request
from consent.services.decision import PartDecision
from consent.services.offer import build_offer
from consent.services.revoke import close_grant, revoke_grant, suspend_grant
from consent.services.scope_offers import save_offer
from consent.services.third_parties.provided_files import grant_files, store_file
from consent.services.third_parties.register import make_production_object, register
from consent.services.third_parties.reviews import set_step
from consent.services.third_parties.threads import ask_registration, write_to_utility

NAME = "Valley Heat Pumps (demo)"
ASKS = "usage_data bill_data"
ADMIN = "cds_client_admin"
# what nobody can make up: `demo.json` has it, so that a program can register for everything
VALUES = {"cds_invitation_code": "RIVER-VALLEY-2026"}
_FEE = {"amount": "25.00", "currency": "USD"}
_FIELDS: dict[str, dict[str, Any]] = {
    "invitation": {
        "type": "registration_field", "description": "The code of your invitation (demo).",
        "field_name": "cds_invitation_code", "format": "string", "max_length": 40,
    },
    "company_review": {"type": "internal_review", "description": "Staff look at your registration (demo)."},
    "registration_fee": {"type": "payment_required", "description": "A fee, once (demo).", **_FEE},
    "email_address": {"type": "email_verification", "description": "Confirm your e-mail address (demo)."},
    "company_login": {"type": "sso_verification", "description": "Log in at your company (demo)."},
    "questionnaire": {"type": "online_form", "description": "Say how you keep data safe (demo)."},
    "agreement": {"type": "pdf_form", "description": "Sign the agreement (demo)."},
}  # fmt: skip
_OPTIONAL = {
    "company_logo": {
        "type": "registration_field", "description": "Your logo (demo).", "field_name": "cds_company_logo",
        "format": "image_or_null", "max_size": 200_000,
    },
}  # fmt: skip


def publish_registration_fields() -> None:
    """A field of each type, which bills ask for; readings ask for none, so that the guide needs nothing."""
    if RegistrationField.objects.exists():
        return
    for field_id, values in {**_FIELDS, **_OPTIONAL}.items():
        RegistrationField.objects.create(field_id=field_id, **values)
    offer = ScopeOffer.objects.get(offer_id="bill_data")
    offer.registration_requirements, offer.registration_optional = list(_FIELDS), list(_OPTIONAL)
    save_offer(offer, at=clock.now())


def make_registered_company(*, owner: str, contact: str, staff: str) -> dict[str, str]:
    """Its entry in `demo.json`: the object for the APIs. The three are addresses by which people log in."""
    at = clock.now()
    customer, person, clerk = (User.objects.get(email=email) for email in (owner, contact, staff))
    made = register(
        {
            "scope": f"{ADMIN} {ASKS} cds_server_provided_files_1",
            "client_name": NAME,
            "contacts": ["data@example.com"],
            **VALUES,
        },
        default_redirect_uri=default_redirect_uri(),
        at=at,
    )
    sandbox = made.registration.clients.get(status="sandbox")
    production = make_production_object(sandbox=sandbox, at=at)
    _grants(production, customer, clerk, at)
    _approved(
        sandbox, customer, [{"type": "usage_data", "start": "-1mo", "end": "+1y", "services": "all"}], at
    )
    _messages(production, made.registration, person, clerk, at)
    report = store_file(
        registration=made.registration,
        name="grid-charges-2026.csv",
        description="Charges of the grid (demo).",
        content=ContentFile(b"year,charge\n2026,0.12\n"),
        at=at,
    )
    grant_files(files=[report], by=clerk, at=at)
    return {
        "name": NAME,
        "client_id": made.admin.client_id,
        "client_secret": made.secret,
        "redirect_uri": "",
        "scope": ADMIN,
    }


def _grants(client: Client, customer: User, clerk: User, at: datetime) -> None:
    """One that is open, one paused, one that the customer stopped and one that the third party closed."""
    year = {"start": "-1y", "end": "+1y", "services": "all"}
    _approved(client, customer, [{"type": "usage_data", **year}, {"type": "bill_data", **year}], at)
    paused = _approved(client, customer, [{"type": "bill_data", **year}], at)
    suspend_grant(grant=paused, by=clerk, at=at, reason="To be looked at (demo).")
    stopped = _approved(client, customer, [{"type": "usage_data", **year}], at)
    revoke_grant(grant=stopped, by=customer, actor=Actor.CUSTOMER, at=at)
    close_grant(grant=_approved(client, customer, [{"type": "usage_data", **year}], at), at=at)


def _approved(client: Client, customer: User, details: list[dict[str, Any]], at: datetime) -> Grant:
    """A request that the customer approves as it is."""
    access = parse_request(
        scope="",
        authorization_details=json.dumps(details),
        allowed=client.allowed_scopes,
        now=at,
        zone=get_default_timezone(),
        locked=False,
    )
    context = RequestContext(redirect_uri=default_redirect_uri(), state="demo", code_challenge="c" * 43)
    request, _key = store_request(client=client, access=access, context=context, at=at)
    bind_request(request=request, user=customer, at=at)
    offer = build_offer(request, customer, at)
    everything = [PartDecision(part.scope.id, part.contracts) for part in offer.parts if part.can_be_shared]
    return approve_request(request=request, decision=everything, by=customer, digest=offer.digest, at=at)


def _messages(client: Client, registration: Registration, person: User, clerk: User, at: datetime) -> None:
    """Beside those about steps and grants: a question, a word of the utility, and a step that is done."""
    ask_registration(
        registration=registration,
        client=client,
        subject="Before we go on (demo)",
        text="One thing is missing.",
        items=[("Contract", "Who signed the contract (demo)")],
        by=clerk,
        at=at,
    )
    write_to_utility(
        client=client, by=person, subject="Holidays (demo)", text="Do readings come on holidays?", at=at
    )
    notify(
        client=client,
        by=clerk,
        kind=MessageType.PRIVATE_MESSAGE,
        subject="Welcome (demo)",
        text="Write to us here.",
        at=at,
    )
    paid = RegistrationStep.objects.get(registration=client.registration, field__field_id="registration_fee")
    set_step(step=paid, status=StepStatus.COMPLETE, by=clerk, reason="Paid (demo).", at=at)

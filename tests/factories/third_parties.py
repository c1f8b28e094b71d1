"""A third party that registered itself, with one of everything that staff have lists of."""

from typing import NamedTuple

from django.core.files.base import ContentFile
from django.test import Client as Browser

from cdsc_portal.lib.time import clock
from consent.models import (
    Client,
    CoverageEntry,
    Message,
    ProvidedFile,
    Registration,
    RegistrationField,
    RegistrationFile,
    RegistrationStep,
    Review,
)
from consent.services.third_parties.provided_files import store_file
from consent.services.third_parties.threads import ask_registration
from tests.consent.api.cds.third_party import third_party
from tests.factories.accounts import StaffFactory


class WholeThirdParty(NamedTuple):
    registration: Registration
    client: Client
    review: Review
    step: RegistrationStep
    field: RegistrationField
    document: RegistrationFile
    provided: ProvidedFile
    message: Message
    coverage: CoverageEntry


def a_whole_third_party(name: str = "Sunny Roofs") -> WholeThirdParty:
    party = third_party(Browser(), client_name=name)
    registration, at = party.registration, clock.now()
    slug = name.lower().replace(" ", "-")
    field = RegistrationField.objects.create(
        field_id=f"plan-{slug}", type="online_form", description="Tell us how you keep the data."
    )
    step = RegistrationStep.objects.create(registration=registration, field=field, status="open")
    document = RegistrationFile.objects.create(
        registration=registration, field=field, mime_type="application/pdf", digest="0" * 64, content=b"%PDF"
    )
    provided = store_file(
        registration=registration, name="rates.pdf", description="", content=ContentFile(b"%PDF-1.7"), at=at
    )
    message = ask_registration(
        registration=registration,
        client=party.sandbox,
        subject="Two things are missing",
        text="We need them before we go on.",
        items=[("Contract", "Who signed it")],
        by=StaffFactory(),
        at=at,
    )
    coverage = CoverageEntry.objects.create(entry_id=slug, name=f"Where {name} works")
    review = Review.objects.get(registration=registration, kind="registration")
    return WholeThirdParty(
        registration, party.sandbox, review, step, field, document, provided, message, coverage
    )

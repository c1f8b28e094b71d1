"""A consent that was given by word and is recorded by staff."""

from dataclasses import replace
from datetime import timedelta

from cdsc_portal.lib.time import clock
from consent.models import (
    RecordedConsent,
)
from consent.services.recording import (
    Agreed,
    Proof,
    record_consent,
)
from tests.factories.accounts import StaffFactory
from tests.factories.consent import ClientFactory


def proof(**fields) -> Proof:
    return replace(Proof("phone", clock.now() - timedelta(hours=1), None, "recording 4711"), **fields)


def agreed_to(home, *scopes: str) -> Agreed:
    today = clock.now().date()
    return Agreed(
        scopes or ("usage_data",), (home.contract.contract_number,), None, today + timedelta(days=90)
    )


def recorded_of(home, *, by=None, client=None, **fields) -> RecordedConsent:
    return record_consent(
        client=client or ClientFactory(name="Sunny Roofs (demo)"),
        person=home.owner,
        agreed=agreed_to(home),
        proof=proof(**fields),
        by=by or StaffFactory(),
        at=clock.now(),
    )

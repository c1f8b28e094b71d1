from datetime import timedelta

import pytest

from cdsc_portal.lib.time import clock
from consent.models import (
    ClientContact,
    FieldType,
    Message,
    Registration,
    RegistrationField,
    RegistrationFile,
    RegistrationStep,
    Review,
    ScopeSetting,
)
from datahub.feeds.sources.staff_tokens import issue_staff_token
from datahub.models import FeedSource
from tests.factories.accounts import UserFactory
from tests.factories.consent import ClientFactory
from tests.factories.feeds import FeedRunFactory
from tests.journeys.pages.staff import a_day_at_the_desk


@pytest.fixture
def admin_rows():
    """One of everything that has pages of its own."""
    desk = a_day_at_the_desk()
    at = clock.now()
    client = ClientFactory()
    ClientContact.objects.create(client=client, user=UserFactory())
    Message.objects.create(
        client=client, name="Help", description="us", type="support_request", status="pending", by_client=True
    )
    ScopeSetting.objects.create(scope="usage_data")
    _waiting_registration()
    FeedSource.objects.create(feed=FeedRunFactory().feed, kind="https", address="https://example.com/a")
    issue_staff_token(user=desk.agent, label="loader", expires=at + timedelta(days=365), at=at)
    return desk


def _waiting_registration() -> None:
    registration = Registration.objects.create(name="Sunny Savings")
    field = RegistrationField.objects.create(
        field_id="licence", type=FieldType.INTERNAL_REVIEW, description="Show us your licence."
    )
    RegistrationStep.objects.create(registration=registration, field=field, status="pending")
    RegistrationFile.objects.create(
        registration=registration, field=field, mime_type="application/pdf", digest="0" * 64, content=b"%PDF-"
    )
    Review.objects.create(registration=registration, kind="registration")

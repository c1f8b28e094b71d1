"""What staff delete and what they take away as a file leaves a line in the log, too (P-23)."""

import pytest

from accounts.models import StaffAction
from consent.models import ClientContact, ScopeSetting
from datahub.models import FeedSource
from tests.factories.accounts import StaffFactory, UserFactory
from tests.factories.consent import ClientFactory
from tests.factories.feeds import FeedFactory, FeedRunFactory

pytestmark = [pytest.mark.django_db, pytest.mark.spec("P-23")]


@pytest.fixture
def staff(client):
    client.force_login(StaffFactory())
    return client


def test_a_contact_that_is_removed_is_in_the_log_with_what_it_was(staff):
    contact = ClientContact.objects.create(client=ClientFactory(), user=UserFactory())

    staff.post(f"/admin/consent/clientcontact/{contact.pk}/delete/", {"post": "yes"})

    logged = StaffAction.objects.get()
    assert not ClientContact.objects.exists()
    assert (logged.verb, logged.model, logged.key) == ("delete", "consent.clientcontact", str(contact.pk))
    assert ["user", str(contact.user_id), ""] in logged.changes
    assert ["client", str(contact.client_id), ""] in logged.changes


def test_each_ticked_row_that_is_removed_is_in_the_log(staff):
    rows = [ScopeSetting.objects.create(scope=name) for name in ("usage_data", "bill_data")]

    staff.post(
        "/admin/consent/scopesetting/",
        {"action": "delete_selected", "_selected_action": [row.pk for row in rows], "post": "yes"},
    )

    logged = StaffAction.objects.filter(verb="delete")
    assert not ScopeSetting.objects.exists()
    assert {entry.key for entry in logged} == {str(row.pk) for row in rows}


def test_the_name_of_a_secret_is_masked_in_what_was_removed(staff):
    source = FeedSource.objects.create(
        feed=FeedFactory(), kind="https", address="https://example.com/a", secret_name="FEED_SECRET_A"
    )

    staff.post(f"/admin/datahub/feedsource/{source.pk}/delete/", {"post": "yes"})

    assert not FeedSource.objects.exists()
    assert "FEED_SECRET_A" not in str(StaffAction.objects.get().changes)


@pytest.mark.parametrize(
    "path", ["datahub/channel/corrections.csv?run={run}", "accounts/linkchange/affected.csv"]
)
def test_a_table_that_is_taken_away_is_in_the_log(staff, path):
    run = FeedRunFactory()

    answer = staff.get(f"/admin/{path.format(run=run.pk)}")

    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert StaffAction.objects.get().verb == "export"

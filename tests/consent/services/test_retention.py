"""Grants, disclosures and logins go when the rules say, and no sooner."""

from datetime import timedelta

import orjson
import pytest
from dateutil.relativedelta import relativedelta
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db.models import Model

from accounts.models import RoleEvent, User
from cdsc_portal.lib.db.months import make_months, months_of
from cdsc_portal.lib.db.retention import proof_kept_from
from cdsc_portal.lib.time import clock
from consent.models import (
    ClientContact,
    ConsentRequest,
    Disclosure,
    Grant,
    GrantEvent,
    Receipt,
    RecordedConsent,
)
from consent.tasks import close_unused_logins, delete_ended_grants, delete_old_disclosures
from consent.transitions import GrantStatus
from tests.factories.accounts import MembershipFactory, StaffFactory, UserFactory
from tests.factories.consent import ClientFactory, GrantFactory, ReceiptFactory

pytestmark = pytest.mark.django_db


def ended(moment, status=GrantStatus.REVOKED):
    grant = GrantFactory(status=status)
    Grant.objects.filter(pk=grant.pk).update(created=moment - timedelta(days=400))
    GrantEvent.objects.create(grant=grant, to_status=status, actor="customer", at=moment)
    ReceiptFactory(grant=grant, created=moment - timedelta(days=400))
    return grant


@pytest.mark.spec("X-20")
def test_a_grant_goes_ten_years_after_its_end_with_all_that_hangs_on_it(django_capture_on_commit_callbacks):
    kept_from = proof_kept_from(clock.now())
    old, lately = ended(kept_from - timedelta(days=1)), ended(kept_from + timedelta(days=1))
    still_open = ended(kept_from - timedelta(days=1), status=GrantStatus.ACTIVE)
    staff = StaffFactory()
    recorded = RecordedConsent.objects.create(
        client=old.client, user=old.user, details={}, digest="d", language="en", how="paper",
        given_at=kept_from, recorded_by=staff, grant=old, proof_reference="scan 7",
    )  # fmt: skip
    recorded.proof_file.save("scan.pdf", ContentFile(b"%PDF"))
    ConsentRequest.objects.create(
        client=old.client, user=old.user, grant=old, details={}, expires=kept_from, status="approved"
    )

    with django_capture_on_commit_callbacks(execute=True):
        assert delete_ended_grants() == 1

    assert set(Grant.objects.all()) == {lately, still_open}
    gone: list[type[Model]] = [RecordedConsent, ConsentRequest]
    assert not any(model._default_manager.exists() for model in gone)
    assert {receipt.grant for receipt in Receipt.objects.all()} == {lately, still_open}
    assert not default_storage.exists(recorded.proof_file.name)


def test_a_grant_whose_reads_are_kept_stays():
    kept_from = proof_kept_from(clock.now())
    grant = ended(kept_from - timedelta(days=1))
    Disclosure.objects.create(
        grant=grant, scope="usage_data", resource="usage_data", value_count=1, released_at=kept_from
    )

    assert delete_ended_grants() == 0


@pytest.mark.parametrize("archived", [True, False])
def test_months_of_disclosures_go_after_ten_years_archived_where_that_is_set(settings, archived):
    settings.ARCHIVE_REMOVED_MONTHS = archived
    kept_from = proof_kept_from(clock.now())
    past = (kept_from - timedelta(days=1)).date().replace(day=1)
    make_months("consent_disclosure", [past, kept_from.date()])
    grant = GrantFactory()
    for moment in (kept_from - timedelta(days=1), kept_from):
        Disclosure.objects.create(
            grant=grant, scope="usage_data", resource="usage_data", value_count=1, released_at=moment
        )
    table = f"consent_disclosure_{past:%Y_%m}"
    manifest = f"archive/{table}/manifest.json"
    default_storage.delete(manifest)

    assert delete_old_disclosures() == 1

    assert Disclosure.objects.get().released_at == kept_from
    assert table not in dict(months_of("consent_disclosure"))
    assert default_storage.exists(manifest) is archived
    if archived:
        with default_storage.open(manifest) as file:
            assert orjson.loads(file.read())["rows"] == 1


def test_who_has_nothing_to_log_in_for_is_blanked_after_two_years():
    at = clock.now()
    long_ago = at - relativedelta(years=2, days=1)
    unused = UserFactory(name="Ann", last_login=long_ago)
    RoleEvent.objects.create(
        customer=MembershipFactory().customer,
        user=unused,
        email=unused.email,
        verb="ended",
        role="viewer",
        at=at,
    )
    kept = {
        UserFactory(last_login=at - timedelta(days=700)),
        StaffFactory(last_login=long_ago),
        MembershipFactory(user=UserFactory(last_login=long_ago)).user,
        GrantFactory(user=UserFactory(last_login=long_ago), status=GrantStatus.ACTIVE).user,
        ClientContact.objects.create(client=ClientFactory(), user=UserFactory(last_login=long_ago)).user,
    }
    before = {user: User.objects.values().get(pk=user.pk) for user in kept}

    assert close_unused_logins() == 1
    assert close_unused_logins() == 0

    unused.refresh_from_db()
    assert (unused.name, unused.is_active, unused.has_usable_password()) == ("", False, False)
    assert unused.email == f"{unused.public_id}@closed.invalid"
    assert {user: User.objects.values().get(pk=user.pk) for user in kept} == before

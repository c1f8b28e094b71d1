"""Consents by phone and on paper in admin: choose, read out, write down; another person confirms (P-23)."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.mail.queue import words_of
from accounts.models import OutgoingMail, StaffAction
from cdsc_portal.lib.time import clock
from consent.models import Grant, RecordedConsent
from tests.factories.accounts import StaffFactory, UserFactory, household
from tests.factories.consent import ClientFactory

pytestmark = [pytest.mark.django_db, pytest.mark.spec("P-23")]
LIST = "/admin/consent/recordedconsent/"


def agreement(home, client) -> dict[str, object]:
    """What the agent enters first."""
    until = clock.now().date() + timedelta(days=90)
    return {
        "client": client.pk,
        "scopes": ["usage_data"],
        "contracts": [home.contract.contract_number],
        "last": until.isoformat(),
    }


def recorded_through_the_form(staff, home) -> RecordedConsent:
    client = ClientFactory(name="Sunny Roofs (demo)")
    url = f"{LIST}record/{home.owner.pk}/"
    shown = staff.post(url, agreement(home, client))
    staff.post(
        url,
        {
            **agreement(home, client),
            "read": shown.context["draft"].offer.digest,
            "store": "yes",
            "how": "phone",
            "given_at": (clock.now() - timedelta(hours=12)).strftime("%Y-%m-%dT%H:%M"),
            "proof_file": SimpleUploadedFile("call.mp3", b"sound"),
            "was_read": "on",
        },
    )
    return RecordedConsent.objects.get()


def test_the_words_are_shown_before_anything_can_be_written_down(staff):
    home, client = household(), ClientFactory(name="Sunny Roofs (demo)")

    empty = staff.get(f"{LIST}record/{home.owner.pk}/").content.decode()
    shown = staff.post(f"{LIST}record/{home.owner.pk}/", agreement(home, client)).content.decode()

    assert "Read this to the customer" not in empty
    assert "checked" not in empty.split("<main")[-1].split("staff-fields")[1].split("</form>")[0]
    assert "Read this to the customer" in shown
    assert "Sunny Roofs (demo)" in shown
    assert home.contract.contract_number in shown
    assert not RecordedConsent.objects.exists()


def test_one_person_records_and_another_makes_the_grant(staff, client):
    home = household()
    recorded = recorded_through_the_form(staff, home)

    own = staff.post(f"{LIST}{recorded.pk}/confirm/")
    before = Grant.objects.count()
    second = StaffFactory()
    client.force_login(second)
    shown = client.get(f"{LIST}{recorded.pk}/confirm/").content.decode()
    client.post(f"{LIST}{recorded.pk}/confirm/")

    assert own.status_code == 302
    assert before == 0
    assert all(line in shown for line in recorded.wording[:1])
    assert "can read nothing by it" in shown
    assert "reads what was read" not in shown
    mail = OutgoingMail.objects.get(about=Grant.objects.get().public_id)
    assert "cannot read the data yet" in words_of(mail).text
    assert Grant.objects.get().user == home.owner
    assert [action.by for action in StaffAction.objects.order_by("pk")] == [recorded.recorded_by, second]


def test_words_that_changed_meanwhile_are_read_again(staff):
    home, client = household(), ClientFactory()
    url = f"{LIST}record/{home.owner.pk}/"

    answer = staff.post(url, {**agreement(home, client), "read": "stale", "store": "yes"})

    assert "Read it out again" in answer.content.decode()
    assert not RecordedConsent.objects.exists()


def test_a_person_is_found_by_the_address_they_log_in_with_only(staff):
    home = household(owner=UserFactory(email="robin@example.com"))

    answer = staff.post(f"{LIST}record/", {"email": "Robin@example.com"})
    unknown = staff.post(f"{LIST}record/", {"email": "nobody@example.com"})

    assert answer.headers["Location"] == f"{LIST}record/{home.owner.pk}/"
    assert "Nobody logs in with this address" in unknown.content.decode()


def test_a_colleague_is_nobody_whose_consent_staff_record(staff):
    colleague = UserFactory(is_staff=True)
    household(owner=colleague)

    assert staff.get(f"{LIST}record/{colleague.pk}/").status_code == 404


def test_the_proof_is_taken_as_a_file_and_that_is_logged(staff):
    recorded = recorded_through_the_form(staff, household())

    answer = staff.get(f"{LIST}{recorded.pk}/proof/")

    assert b"".join(answer.streaming_content) == b"sound"
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert StaffAction.objects.filter(verb="export").count() == 1


def test_a_page_is_no_proof(staff):
    home, client = household(), ClientFactory()
    url = f"{LIST}record/{home.owner.pk}/"
    shown = staff.post(url, agreement(home, client))

    answer = staff.post(
        url,
        {
            **agreement(home, client),
            "read": shown.context["draft"].offer.digest,
            "store": "yes",
            "how": "paper",
            "given_at": "2026-01-01T10:00",
            "was_read": "on",
            "proof_file": SimpleUploadedFile("x.html", b"<script>"),
        },
    )

    assert "Only a PDF" in answer.content.decode()
    assert not RecordedConsent.objects.exists()


@pytest.mark.parametrize("path", ["record/", "1/confirm/", "1/refuse/", "1/proof/"])
def test_who_has_no_permission_reaches_none_of_it(client, path):
    clerk = UserFactory(is_staff=True)
    clerk.user_permissions.set(Permission.objects.filter(codename="view_grant"))
    client.force_login(clerk)

    assert client.post(f"{LIST}{path}").status_code in (403, 404)


def test_records_are_not_edited_and_the_list_costs_the_same_for_many(staff):
    recorded = recorded_through_the_form(staff, household())
    with CaptureQueriesContext(connection) as single:
        staff.get(LIST)
    for number in range(10):
        RecordedConsent.objects.create(
            client=recorded.client,
            user=recorded.user,
            details=recorded.details,
            digest="d",
            language="en",
            how="phone",
            given_at=clock.now(),
            proof_reference=str(number),
            recorded_by=recorded.recorded_by,
        )
    with CaptureQueriesContext(connection) as many:
        staff.get(LIST)

    assert len(many) == len(single)
    assert staff.post(f"{LIST}{recorded.pk}/change/", {"how": "paper"}).status_code == 403
    assert staff.get(f"{LIST}add/").status_code == 403

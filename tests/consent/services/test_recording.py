"""Consent by phone or on paper: nothing opens until a second person stands for it (P-23)."""

import re
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from django.db import IntegrityError, transaction

from accounts.mail.queue import send_waiting_mail, words_of
from accounts.mail.resend import send_again
from accounts.models import OutgoingMail, Role
from cdsc_portal.lib.time import clock
from consent.models import Actor, ConsentRequest, Grant, GrantEvent, RecordedConsent, RecordedStatus
from consent.services.decision import ClientNotAllowed, MayNotDecide, OfferChanged
from consent.services.recording import (
    RecordingRefused,
    confirm_recorded,
    refuse_recorded,
)
from tests.factories.accounts import StaffFactory, UserFactory, household
from tests.factories.consent import ClientFactory
from tests.factories.recorded_consent import recorded_of
from tests.support.titles import title_of

pytestmark = [pytest.mark.django_db, pytest.mark.spec("P-23")]
ROOT = Path(__file__).resolve().parents[3]


def test_what_one_person_wrote_down_opens_nothing():
    recorded = recorded_of(household())

    assert recorded.status == RecordedStatus.WAITING
    assert not Grant.objects.exists()
    assert not ConsentRequest.objects.exists()
    assert not OutgoingMail.objects.exists()


def test_the_second_person_makes_the_grant_with_receipt_and_mail_that_say_so():
    home, second = household(), StaffFactory()
    recorded = recorded_of(home)

    grant = confirm_recorded(recorded=recorded, by=second, at=clock.now())

    event, mail = GrantEvent.objects.get(), OutgoingMail.objects.get()
    recorded.refresh_from_db()
    assert (recorded.status, recorded.decided_by, recorded.grant) == (RecordedStatus.CONFIRMED, second, grant)
    assert [part.scope for part in grant.parts.all()] == ["usage_data"]
    assert list(grant.parts.get().contracts.all()) == [home.contract]
    assert (grant.user, event.actor, event.by) == (home.owner, Actor.STAFF, second)
    assert "by phone" in event.public_reason
    assert "Recorded by our staff" in grant.receipts.get().facts["recorded"]
    assert "Recorded by our staff" in words_of(mail).text
    assert mail.to == home.owner.email


def test_its_mail_sent_again_says_once_who_wrote_it_down():
    confirm_recorded(recorded=recorded_of(household()), by=StaffFactory(), at=clock.now())
    send_waiting_mail(at=clock.now())

    (again,) = send_again(mails=list(OutgoingMail.objects.all()), at=clock.now())

    words = words_of(OutgoingMail.objects.get(pk=again.pk)).text
    assert words.count("Recorded by our staff") == 1
    assert "Reason:" not in words


def test_the_words_are_the_customers_language():
    home = household(owner=UserFactory(language="es"))

    recorded = recorded_of(home)

    assert recorded.language == "es"
    assert not any(title_of("usage_data") in line for line in recorded.wording)


def test_nobody_confirms_what_they_recorded_nor_the_customer_themselves():
    first, home = StaffFactory(), household()
    recorded = recorded_of(home, by=first)

    for by in (first, home.owner):
        with pytest.raises(RecordingRefused, match="second person"):
            confirm_recorded(recorded=recorded, by=by, at=clock.now())

    assert not Grant.objects.exists()


def test_the_database_refuses_a_confirmation_by_the_same_person():
    first = StaffFactory()
    recorded = recorded_of(household(), by=first)

    with pytest.raises(IntegrityError), transaction.atomic():
        RecordedConsent.objects.filter(pk=recorded.pk).update(status="confirmed", decided_by=first)


def test_two_confirmations_make_one_grant():
    recorded = recorded_of(household())
    confirm_recorded(recorded=recorded, by=StaffFactory(), at=clock.now())

    with pytest.raises(RecordingRefused, match="decided already"):
        confirm_recorded(recorded=recorded, by=StaffFactory(), at=clock.now())

    assert Grant.objects.count() == 1


def test_a_refused_record_makes_no_grant():
    recorded = recorded_of(household())
    refuse_recorded(recorded=recorded, by=StaffFactory(), reason="the voice was another's", at=clock.now())

    with pytest.raises(RecordingRefused):
        confirm_recorded(recorded=recorded, by=StaffFactory(), at=clock.now())

    assert not Grant.objects.exists()


@pytest.mark.parametrize("role", [Role.VIEWER])
def test_only_an_owner_can_agree(role):
    home = household(role=role)

    with pytest.raises(MayNotDecide):
        recorded_of(home)


def test_a_record_needs_a_proof_of_something_that_has_happened():
    home = household()

    with pytest.raises(RecordingRefused, match="no proof"):
        recorded_of(home, reference="")
    with pytest.raises(RecordingRefused, match="not given yet"):
        recorded_of(home, given_at=clock.now() + timedelta(hours=1))
    kept = recorded_of(home, reference="", file=ContentFile(b"scan", name="signed.pdf"))
    assert kept.proof_file.name.startswith("recorded/")


def test_a_company_that_is_suspended_gets_nothing_by_phone_either():
    with pytest.raises(ClientNotAllowed):
        recorded_of(household(), client=ClientFactory(status="suspended"))


def test_what_was_read_out_must_still_hold():
    home, client = household(), ClientFactory(name="Sunny Roofs (demo)")
    recorded = recorded_of(home, client=client)
    client.purpose = "something else"
    client.save()

    with pytest.raises(OfferChanged):
        confirm_recorded(recorded=recorded, by=StaffFactory(), at=clock.now())

    assert not Grant.objects.exists()
    assert not ConsentRequest.objects.exists()


def test_no_other_code_makes_a_grant():
    calls = {"create_grant(": set(), "approve_request(": set(), "Grant(": set()}
    for app in ("accounts", "consent", "datahub", "cdsc_portal"):
        for path in (ROOT / app).rglob("*.py"):
            text = path.read_text()
            for call, places in calls.items():
                if re.search(rf"(?<!class )(?<!def )(?<![\w.]){re.escape(call)}", text):
                    places.add(str(path.relative_to(ROOT)))

    assert calls["create_grant("] == {"consent/services/approve.py"}
    assert calls["Grant("] == {"consent/services/grants.py"}
    assert calls["approve_request("] == {
        "consent/services/recording.py",
        "consent/pages/request/views.py",
        "consent/services/third_parties/sandbox.py",  # as a test customer
    }


def test_an_old_word_is_neither_recorded_nor_confirmed(time_machine):
    home = household()
    with pytest.raises(RecordingRefused, match="too old"):
        recorded_of(home, given_at=clock.now() - timedelta(days=31))
    recorded = recorded_of(home)

    time_machine.move_to(clock.now() + timedelta(days=30))
    with pytest.raises(RecordingRefused, match="too old"):
        confirm_recorded(recorded=recorded, by=StaffFactory(), at=clock.now())

    assert not Grant.objects.exists()


def test_nothing_is_granted_for_somebody_who_may_not_log_in_any_more():
    home = household()
    recorded = recorded_of(home)
    home.owner.is_active = False
    home.owner.save()

    with pytest.raises(RecordingRefused, match="no login"):
        confirm_recorded(recorded=RecordedConsent.objects.get(), by=StaffFactory(), at=clock.now())

    assert not Grant.objects.exists()
    assert recorded.grant is None

"""One queue for all mail: what opens a login goes first, is sealed and leaves nothing behind."""

from datetime import UTC, datetime, timedelta

import pytest
from django.core import mail as django_mail

from accounts import tasks
from accounts.mail.invitations import write_invitations
from accounts.mail.queue import (
    Content,
    MailText,
    reseal_waiting_mail,
    send_waiting_mail,
    words_of,
    write_mail,
)
from accounts.mail.sign_in import write_sign_in_mail
from accounts.models import OutgoingMail
from cdsc_portal.lib.time import clock
from tests.factories.accounts import StaffFactory, UserFactory

pytestmark = pytest.mark.django_db
AT = datetime(2026, 11, 24, 16, 0, tzinfo=UTC)


def write_receipt(to: str, at: datetime = AT) -> None:
    words = MailText("en", "Utility", "/help/", f"Receipt for {to}", ("Shared.",), (), "/r/", "See it")
    write_mail(kind="approved", dedup_key=f"approved:{to}", user=None, to=to, mail=words, at=at)


def subjects() -> list[str]:
    return [message.subject for message in django_mail.outbox]


def test_a_login_code_goes_before_mail_that_waits_longer():
    for number in range(3):
        write_receipt(f"{number}@example.com", at=AT - timedelta(hours=1))
    write_sign_in_mail(to="ana@example.com", subject="Your code", text="123456", at=AT)

    assert send_waiting_mail(at=AT, limit=2) == 2

    assert subjects() == ["Your code", "Receipt for 0@example.com"]


def test_the_sender_of_logins_leaves_other_mail_to_the_other_worker():
    write_receipt("ana@example.com")
    write_sign_in_mail(to="ana@example.com", subject="Your code", text="123456", at=AT)

    assert send_waiting_mail(at=AT, logins_only=True) == 1

    assert subjects() == ["Your code"]
    assert [row.kind for row in OutgoingMail.objects.all()] == ["approved"]


def test_the_sweep_sends_logins_itself_and_has_the_rest_sent(monkeypatch):
    woken = []
    monkeypatch.setattr(tasks.send_mail, "apply_async", lambda **_options: woken.append("send_mail"))
    write_sign_in_mail(to="ana@example.com", subject="Your code", text="123456", at=clock.now())

    tasks.send_interactive_mail()
    nothing_else_waits = list(woken)
    write_receipt("ana@example.com")
    tasks.send_interactive_mail()

    assert subjects() == ["Your code"]
    assert (nothing_else_waits, woken) == ([], ["send_mail"])


def test_words_that_a_worker_of_the_release_before_left_are_blanked_with_a_new_key():
    write_receipt("ana@example.com")
    write_receipt("bo@example.com")
    OutgoingMail.objects.filter(to="ana@example.com").update(sent_at=AT)

    assert reseal_waiting_mail() == (1, 0)

    sealed = dict(OutgoingMail.objects.values_list("to", "sealed"))
    assert not sealed["ana@example.com"]
    assert sealed["bo@example.com"]


def test_a_code_that_is_dead_by_now_is_not_sent():
    write_sign_in_mail(to="ana@example.com", subject="Your code", text="123456", at=AT)

    assert send_waiting_mail(at=AT + timedelta(days=3)) == 0

    assert subjects() == []
    assert not OutgoingMail.objects.exists()


def test_an_invitation_waits_once_however_often_it_is_written_and_holds_no_link():
    kim = UserFactory(email="kim@example.com", password=None)

    write_invitations(users=[kim], at=AT)
    write_invitations(users=[kim], at=AT + timedelta(hours=1))

    row = OutgoingMail.objects.get()
    assert (row.text, row.html, row.sealed, row.next_attempt) == ("", "", "", AT + timedelta(hours=1))
    assert send_waiting_mail(at=AT + timedelta(hours=1)) == 1
    assert "/accounts/password/reset/key/" in django_mail.outbox[0].body
    assert not OutgoingMail.objects.exists()


def test_the_words_of_mail_that_waits_are_sealed_and_go_with_it():
    write_receipt("ana@example.com")

    waiting = OutgoingMail.objects.values().get()
    send_waiting_mail(at=AT)

    assert "Shared." not in str(waiting) and "/r/" not in str(waiting)
    assert "Shared." in django_mail.outbox[0].body and "/r/" in django_mail.outbox[0].alternatives[0].content
    sent = OutgoingMail.objects.get()
    assert (sent.sent_at, sent.sealed, sent.text, sent.html) == (AT, "", "", "")


def test_the_words_that_a_release_before_wrote_in_clear_are_sent_and_sealed_on_demand():
    write_receipt("ana@example.com")
    write_receipt("ben@example.com")
    OutgoingMail.objects.update(sealed="", text="In clear.", html="<p>In clear.</p>")
    send_waiting_mail(at=AT, limit=1)

    assert reseal_waiting_mail() == (1, 0)

    assert django_mail.outbox[0].body == "In clear."
    waiting = OutgoingMail.objects.get(sent_at=None)
    assert (waiting.text, waiting.html) == ("", "")
    assert words_of(waiting) == Content("Receipt for ben@example.com", "In clear.", "<p>In clear.</p>")


def test_staff_see_no_mail_that_opens_a_login(client):
    client.force_login(StaffFactory())
    write_receipt("ben@example.com")
    write_sign_in_mail(to="ana@example.com", subject="Your code", text="123456", at=AT)

    text = client.get("/admin/accounts/outgoingmail/").content.decode()

    assert "ben@example.com" in text
    assert "ana@example.com" not in text

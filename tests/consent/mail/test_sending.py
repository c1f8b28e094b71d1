"""Mail waits in the database until it is sent, whatever becomes of the broker or the mail server."""

import threading
from datetime import UTC, datetime, timedelta

import pytest
from django.core import mail as django_mail
from django.core.mail.backends.locmem import EmailBackend
from django.db import connection
from kombu import pools
from structlog.testing import capture_logs

from accounts.mail.queue import send_waiting_mail
from accounts.models import OutgoingMail
from cdsc_portal.celery import app
from consent.models import Grant
from tests.factories.accounts import household
from tests.factories.consent import approve, ask

AT = datetime(2026, 11, 24, 16, 0, tzinfo=UTC)
SHARE = {"type": "usage_data", "services": "all"}


class UnreachableServer(EmailBackend):
    """Refuses every message."""

    def send_messages(self, messages):
        raise ConnectionRefusedError("no mail server here")


@pytest.fixture
def pauses(monkeypatch):
    """A broker address at which nothing listens; how long whoever calls it pauses before it tries again."""

    def use(url):
        app.conf.broker_url = app.conf.broker_write_url = url
        app._pool = app.amqp._producer_pool = None
        pools.reset()

    former, made = app.conf.broker_url, []
    monkeypatch.setattr("kombu.utils.functional.sleep", made.append)
    use("redis://127.0.0.1:1/0")
    yield made
    use(former)


@pytest.mark.django_db(transaction=True)
def test_with_the_broker_down_the_decision_stands_and_the_sweep_sends_its_mail_once(pauses):
    home = household()

    with capture_logs() as logs:
        approve(ask(SHARE, user=home.owner, at=AT), at=AT)

    assert [(entry["event"], entry["error"]) for entry in logs] == [
        ("mail.not_announced", "OperationalError")
    ]
    assert pauses == []  # the customer does not wait for it
    assert Grant.objects.get().status == "active"
    assert django_mail.outbox == []
    assert send_waiting_mail(at=AT) == 1
    assert send_waiting_mail(at=AT) == 0
    assert [message.to for message in django_mail.outbox] == [[home.owner.email]]
    assert OutgoingMail.objects.get().sent_at == AT


@pytest.mark.django_db
def test_nothing_is_announced_or_kept_when_the_decision_is_undone(django_capture_on_commit_callbacks):
    home = household()
    request = ask(SHARE, user=home.owner, at=AT)

    with django_capture_on_commit_callbacks() as announced:
        approve(request, at=AT)

    assert len(announced) == 1


@pytest.mark.django_db
def test_a_mail_server_that_fails_is_tried_again_later_and_later(settings):
    home = household()
    approve(ask(SHARE, user=home.owner, at=AT), at=AT)
    settings.EMAIL_BACKEND = "tests.consent.mail.test_sending.UnreachableServer"

    assert send_waiting_mail(at=AT) == 0
    assert send_waiting_mail(at=AT + timedelta(minutes=1)) == 0
    assert send_waiting_mail(at=AT + timedelta(minutes=2)) == 0

    row = OutgoingMail.objects.get()
    assert (row.attempts, row.sent_at) == (2, None)
    assert row.next_attempt == AT + timedelta(minutes=6)
    assert row.error.startswith("ConnectionRefusedError")
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    assert send_waiting_mail(at=AT + timedelta(minutes=6)) == 1


@pytest.mark.django_db
def test_one_mail_that_cannot_be_sent_does_not_hold_up_the_next():
    first, second = household(), household()
    for home in (first, second):
        approve(ask(SHARE, user=home.owner, at=AT), at=AT)
    OutgoingMail.objects.filter(user=first.owner).update(sealed="opened by no key")

    assert send_waiting_mail(at=AT) == 1

    assert [message.to for message in django_mail.outbox] == [[second.owner.email]]


@pytest.mark.django_db
def test_a_mail_that_failed_for_weeks_waits_six_hours_and_holds_up_nothing():
    first, second = household(), household()
    for home in (first, second):
        approve(ask(SHARE, user=home.owner, at=AT), at=AT)
    refused = OutgoingMail.objects.filter(user=first.owner)
    refused.update(sealed="opened by no key", attempts=1000)

    assert send_waiting_mail(at=AT) == 1

    assert [message.to for message in django_mail.outbox] == [[second.owner.email]]
    assert refused.get().next_attempt == AT + timedelta(hours=6)


@pytest.mark.django_db
def test_a_second_try_carries_the_same_message_id():
    home = household()
    approve(ask(SHARE, user=home.owner, at=AT), at=AT)
    send_waiting_mail(at=AT)
    OutgoingMail.objects.update(sent_at=None)

    send_waiting_mail(at=AT)

    first, second = django_mail.outbox
    assert first.extra_headers["Message-ID"] == second.extra_headers["Message-ID"]
    assert first.extra_headers["Message-ID"].endswith("@utility.example.com>")


@pytest.mark.django_db(transaction=True)
def test_workers_at_once_send_each_mail_once():
    for _number in range(4):
        approve(ask(SHARE, user=household().owner, at=AT), at=AT)
    start = threading.Barrier(3, timeout=120)

    def work():
        try:
            start.wait()
            send_waiting_mail(at=AT)
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _number in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(message.to[0] for message in django_mail.outbox) == sorted(
        OutgoingMail.objects.values_list("to", flat=True)
    )

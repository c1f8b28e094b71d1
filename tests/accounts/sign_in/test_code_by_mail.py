"""Six digits by mail instead of a password."""

import pytest
from django.core.cache import cache
from django.core.mail import EmailMessage

from accounts.mail.queue import send_waiting_mail
from accounts.mail.sign_in import write_sign_in_mail
from accounts.models import OutgoingMail
from cdsc_portal.lib.time import clock
from tests.factories.accounts import UserFactory
from tests.factories.sign_in import mailed_code, sent_mail

ASK, CONFIRM = "/accounts/login/code/", "/accounts/login/code/confirm/"

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _no_limits_left_over():
    cache.clear()


def test_the_code_logs_in_and_leads_to_the_waiting_page(client):
    user = UserFactory(email="ana@example.com")

    answer = client.post(ASK, {"email": "ANA@example.com", "next": "/help/"})
    assert answer["Location"] == f"{CONFIRM}?next=%2Fhelp%2F"
    done = client.post(CONFIRM, {"code": mailed_code(), "next": "/help/"})

    assert done["Location"] == "/help/"
    assert client.session["_auth_user_id"] == str(user.pk)


def test_an_unknown_address_sees_the_same_page_and_gets_no_mail(client):
    UserFactory(email="ana@example.com")

    known = client.post(ASK, {"email": "ana@example.com"}, follow=True).content.decode()
    client.session.flush()
    client.cookies.clear()
    unknown = client.post(ASK, {"email": "nobody@example.com"}, follow=True).content.decode()

    assert "If someone here has the address" in known
    assert "If someone here has the address" in unknown
    assert [mail.to for mail in sent_mail()] == [["ana@example.com"]]


def test_five_wrong_codes_spend_the_code_and_a_new_one_opens(client):
    UserFactory(email="ana@example.com")
    client.post(ASK, {"email": "ana@example.com"})
    right = mailed_code()
    wrong = "000000" if right != "000000" else "111111"
    for _ in range(5):
        client.post(CONFIRM, {"code": wrong})

    spent = client.post(CONFIRM, {"code": right})
    assert "This code was tried too often. Ask for a new one." in spent.content.decode()
    assert "_auth_user_id" not in client.session
    client.post(CONFIRM, {"action": "resend"})
    assert client.post(CONFIRM, {"code": mailed_code()}).status_code == 302


@pytest.mark.spec("F-36", "F-37")
def test_both_pages_offer_the_way_out_of_a_waiting_request(client):
    UserFactory(email="ana@example.com")
    waiting = "/oauth/authorize/a-key/"
    out = 'href="/oauth/authorize/a-key/cancel/"'

    assert out in client.get(ASK, {"next": waiting}).content.decode()
    assert (
        out in client.post(ASK, {"email": "ana@example.com", "next": waiting}, follow=True).content.decode()
    )


@pytest.mark.spec("X-18")
def test_the_waiting_mail_is_sealed_and_gone_once_sent(client):
    UserFactory(email="ana@example.com", language="es")

    client.post(ASK, {"email": "ana@example.com"})
    row = str(OutgoingMail.objects.values().get())
    code = mailed_code()

    assert code not in row
    assert not OutgoingMail.objects.exists()


def test_a_lost_mail_server_loses_no_mail(monkeypatch):
    at = clock.now()
    write_sign_in_mail(to="ana@example.com", subject="s", text="t", at=at)

    with monkeypatch.context() as lost:
        lost.setattr(EmailMessage, "send", lambda _mail: (_ for _ in ()).throw(ConnectionError()))
        assert send_waiting_mail(at=at, logins_only=True) == 0

    waiting = OutgoingMail.objects.get()
    assert waiting.next_attempt > at
    assert send_waiting_mail(at=waiting.next_attempt, logins_only=True) == 1

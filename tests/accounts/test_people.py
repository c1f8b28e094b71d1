"""Staff and feeds add people; a mail lets them choose a password."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend

from accounts.mail.queue import send_waiting_mail
from accounts.models import Role, User
from accounts.queries.roles import shareable_contracts
from accounts.services.people import InvitationRefused, invite_again, invite_user
from tests.factories.accounts import BillingAccountFactory, UserFactory, household

pytestmark = pytest.mark.django_db
AT = datetime(2026, 3, 1, 9, tzinfo=UTC)


def send(at: datetime = AT) -> int:
    return send_waiting_mail(at=at)


def test_an_invited_user_gets_one_mail_and_chooses_a_password_with_its_link(client, settings):
    invite_user(email="Robin@example.com", name="Robin", at=AT)

    sent, again = send(), send()

    (letter,) = mail.outbox
    assert (sent, again) == (1, 0)
    assert letter.to == ["robin@example.com"]
    link = re.search(rf"{settings.PUBLIC_URL}(\S+)", letter.body).group(1)
    page = client.get(link, follow=True)
    path = page.redirect_chain[-1][0]
    password = "a long enough secret 7"
    client.post(path, {"password1": password, "password2": password})
    assert User.objects.get(email="robin@example.com").check_password(password)


def test_a_role_comes_with_the_invitation():
    home = household()

    user = invite_user(
        email="kim@example.com",
        name="Kim",
        customer=home.customer,
        role=Role.DELEGATE,
        may_share=True,
        until=AT + timedelta(days=30),
        at=AT,
    )

    assert list(shareable_contracts(user=user, at=AT)) == [home.contract]
    assert not shareable_contracts(user=user, at=AT + timedelta(days=30)).exists()


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"email": "TAKEN@example.com"}, "email"),
        ({"role": Role.DELEGATE}, "until"),
        ({"role": Role.VIEWER, "until": AT}, "until"),
        ({"foreign_account": True}, "billing_account"),
    ],
)
def test_what_cannot_be_is_refused_and_nobody_is_added(fields, field):
    UserFactory(email="taken@example.com")
    if fields.pop("foreign_account", False):
        fields = {"billing_account": BillingAccountFactory()}

    with pytest.raises(InvitationRefused) as refused:
        invite_user(
            **{
                "email": "kim@example.com",
                "name": "Kim",
                "customer": household().customer,
                "at": AT,
                **fields,
            }
        )

    assert refused.value.field == field
    assert not User.objects.filter(email="kim@example.com").exists()


def test_a_mail_server_that_does_not_answer_delays_the_invitation(monkeypatch):
    invite_user(email="robin@example.com", name="Robin", at=AT)

    with monkeypatch.context() as broken:
        broken.setattr(EmailBackend, "send_messages", lambda *_: (_ for _ in ()).throw(ConnectionError()))
        failed = send()

    assert failed == 0
    assert send(AT + timedelta(minutes=1)) == 0
    assert send(AT + timedelta(minutes=2)) == 1


def test_an_invitation_is_sent_in_the_users_language():
    invite_user(email="robin@example.com", name="Robin", at=AT)
    User.objects.update(language="es")

    send()

    assert 'lang="es"' in mail.outbox[0].alternatives[0].content


def test_only_those_without_a_password_are_invited_again():
    waiting = invite_user(email="robin@example.com", name="Robin", at=AT)
    send()

    count = invite_again(users=[waiting, UserFactory()], at=AT)

    assert (count, send()) == (1, 1)


def test_someone_who_may_not_sign_in_gets_no_mail():
    invite_user(email="robin@example.com", name="Robin", at=AT)
    User.objects.update(is_active=False)

    assert send() == 0
    assert mail.outbox == []

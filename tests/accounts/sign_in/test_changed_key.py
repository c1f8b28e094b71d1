"""The secret key is changed while people are half-way in: with the old one behind it everything goes on."""

import re
import time
from io import StringIO

import pytest
from allauth.account.internal.flows import login
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from django.core.cache import cache
from django.core.management import call_command

from accounts.mail.queue import send_waiting_mail, words_of
from accounts.mail.resend import send_again
from accounts.models import OutgoingMail, Role, StaffAction
from accounts.queries.ways_to_log_in import SecondSteps, second_steps
from accounts.services.activation import find_code
from accounts.services.inviting import Offered, find_invitation, invite
from accounts.services.mail_codes import WrongCodeError, check_code, send_code
from accounts.services.sign_in_locks import Origin
from cdsc_portal.lib.time import clock
from tests.factories.accounts import PASSWORD, StaffFactory, UserFactory, household
from tests.factories.consent import approve, ask
from tests.factories.sign_in import app_code, handed_out, mailed_code, recovery_code, sent_mail, with_app

LOGIN, STEP = "/accounts/login/", "/accounts/login/second-step/"

HOME = Origin(network="198.51.100.7")
pytestmark = [pytest.mark.django_db, pytest.mark.spec("X-18")]


@pytest.fixture(autouse=True)
def _no_limits_left_over():
    cache.clear()


@pytest.fixture
def change_key(settings):
    """A new key goes first; the one before stays in the ring."""

    def change() -> None:
        settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "another key " * 5, [settings.SECRET_KEY]

    return change


def test_who_is_logged_in_stays_so(client, change_key):
    client.force_login(UserFactory())

    change_key()

    assert client.get("/my/settings/").status_code == 200


@pytest.mark.parametrize("code_of", [lambda _user: app_code(), recovery_code])
def test_the_second_step_takes_its_codes(client, change_key, code_of):
    user = with_app(UserFactory())

    change_key()
    client.post(LOGIN, {"login": user.email, "password": PASSWORD})
    client.post(STEP, {"code": code_of(user)})

    assert client.session["_auth_user_id"] == str(user.pk)


@pytest.fixture
def lose_key(settings):
    """A new key, and the one before is nowhere."""

    def lose() -> None:
        settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "another key " * 5, []

    return lose


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (UserFactory, "ask support to take the app off your login"),
        (StaffFactory, "not in SECRET_KEYS any more"),
    ],
)
def test_a_lost_key_is_said_where_the_code_is_asked_for(client, lose_key, make, words):
    user = with_app(make())

    lose_key()
    client.post(LOGIN, {"login": user.email, "password": PASSWORD})
    answer = client.post(STEP, {"code": app_code()})

    assert answer.status_code == 200
    assert words in answer.content.decode()
    assert "_auth_user_id" not in client.session


def test_recovery_codes_of_the_new_key_open_beside_an_app_of_a_lost_one(client, lose_key):
    user = with_app(UserFactory())
    lose_key()
    Authenticator.objects.get(user=user, type=Authenticator.Type.RECOVERY_CODES).delete()
    RecoveryCodes.activate(user)

    client.post(LOGIN, {"login": user.email, "password": PASSWORD})
    client.post(STEP, {"code": recovery_code(user)})

    assert client.session["_auth_user_id"] == str(user.pk)


def test_pages_of_who_is_logged_in_say_what_to_do_and_lead_there(client, lose_key):
    user = with_app(UserFactory())
    lose_key()
    client.force_login(user)  # with a passkey
    session = client.session
    session[login._AUTHENTICATION_METHODS_USER_SESSION_KEY] = str(user.pk)
    session[login.AUTHENTICATION_METHODS_SESSION_KEY] = [
        {"method": "mfa", "type": "webauthn", "at": time.time()}
    ]
    session.save()

    settings_page = client.get("/my/settings/").content.decode()
    shown = client.get("/accounts/recovery-codes/")
    new = client.get("/accounts/recovery-codes/new/")

    assert "Its codes cannot be checked any more. Turn it off, then set it up again." in settings_page
    assert "They cannot be read any more." in settings_page
    assert shown.status_code == 409
    assert "This cannot be read any more" in shown.content.decode()
    assert new.status_code == 200
    client.post("/accounts/recovery-codes/new/")
    assert len(Authenticator.objects.get(user=user, type="recovery_codes").wrap().get_unused_codes()) == 10
    assert client.post("/accounts/app/remove/").status_code == 302
    assert second_steps(user=user).unreadable == ()


def test_staff_see_it_on_the_persons_page_and_take_it_off(client, lose_key):
    user, whole = with_app(UserFactory()), UserFactory()
    lose_key()
    with_app(whole)
    client.force_login(StaffFactory(is_superuser=True))

    assert (
        "not in SECRET_KEYS any more"
        in client.get(f"/admin/accounts/user/{user.pk}/change/").content.decode()
    )
    ticked = {"action": "take_off_unreadable", "_selected_action": [user.pk, whole.pk]}
    confirmation = client.post("/admin/accounts/user/", ticked)
    client.post("/admin/accounts/user/", {**ticked, "confirmed": "yes", "reason": "key lost"})

    assert "2 people" in confirmation.content.decode()
    assert second_steps(user=user).any is False
    assert second_steps(user=whole).has_app
    assert [mail.to for mail in sent_mail()] == [[user.email]]
    assert StaffAction.objects.filter(reason="key lost").count() == 1


def test_what_is_sealed_anew_needs_the_old_key_no_more(client, change_key, lose_key):
    user, output = with_app(UserFactory()), StringIO()
    used = recovery_code(user)
    Authenticator.objects.get(user=user, type="recovery_codes").wrap().validate_code(used)

    change_key()
    call_command("reseal", stdout=output)
    lose_key()

    assert output.getvalue() == (
        "2 sealed with the first key\n0 waiting mails sealed with it\n0 secrets of clients sealed with it\n"
    )
    assert second_steps(user=user) == SecondSteps((), True, 9, ())
    client.post(LOGIN, {"login": user.email, "password": PASSWORD})
    assert client.post(STEP, {"code": app_code()}).status_code == 302


def test_the_command_names_whose_cannot_be_read_and_drops_it_when_told(lose_key):
    lost, output = with_app(StaffFactory()), StringIO()
    lose_key()
    kept = with_app(UserFactory())

    with pytest.raises(SystemExit):
        call_command("reseal", stdout=output)
    assert f"sealed with a key that is not in SECRET_KEYS, of: {lost.public_id}\n" in output.getvalue()
    call_command("reseal", "--drop-unreadable", stdout=output)

    assert "2 taken away" in output.getvalue()
    assert not second_steps(user=lost).any
    assert second_steps(user=kept).has_app


def _waiting_mail() -> OutgoingMail:
    approve(ask({"type": "usage_data", "services": "all", "end": "+1y"}, user=household().owner))
    return OutgoingMail.objects.get()


def test_waiting_mail_that_is_sealed_anew_needs_the_old_key_no_more(change_key, lose_key):
    words, output = words_of(_waiting_mail()), StringIO()

    change_key()
    call_command("reseal", stdout=output)
    lose_key()

    assert "1 waiting mails sealed with it" in output.getvalue()
    assert words_of(OutgoingMail.objects.get()) == words


def test_waiting_mail_that_no_key_opens_is_counted_and_written_anew_when_staff_send_it_again(lose_key):
    mail, output = _waiting_mail(), StringIO()
    lose_key()

    with pytest.raises(SystemExit):
        call_command("reseal", stdout=output)
    assert send_waiting_mail(at=clock.now()) == 0
    send_again(mails=OutgoingMail.objects.select_related("user"), at=clock.now())

    assert "1 waiting mails were sealed with a key that is not in SECRET_KEYS" in output.getvalue()
    assert send_waiting_mail(at=clock.now()) == 1
    assert [message.to for message in sent_mail()] == [[mail.to]]


def test_a_link_that_resets_a_password_opens(client, change_key):
    UserFactory(email="ana@example.com")
    client.post("/accounts/password/reset/", {"email": "ana@example.com"})

    change_key()  # the mail waits sealed, and its link is signed
    link = re.search(r"https?://[^/\s]+(/accounts/password/reset/key/\S+)", sent_mail()[-1].body).group(1)

    assert 'name="password1"' in client.get(link, follow=True).content.decode()


def test_codes_and_invitations_are_found(change_key):
    home, at = household(), clock.now()
    code = handed_out(home.customer)
    offered = Offered(home.customer, None, Role.VIEWER, may_share=False, until=None)
    invite(email="new@example.com", offered=offered, by=home.owner, at=at)
    key = re.search(r"/accounts/join/([^/]+)/", sent_mail()[-1].body).group(1)
    pending = send_code(address="ana@example.com", language="en", origin=HOME, at=at)
    digits = mailed_code()

    change_key()

    number = home.account.account_number
    assert find_code(account_number=number, code=code, origin=HOME, at=at).customer == home.customer
    assert find_invitation(key=key, at=at).email == "new@example.com"
    check_code(pending=pending, code=digits, at=at)
    with pytest.raises(WrongCodeError):
        check_code(pending=pending, code=f"{(int(digits) + 1) % 10**6:06d}", at=at)

"""First access with a bill and a code: no sign-up otherwise, nothing to be learnt by guessing."""

from datetime import timedelta

import pytest
import time_machine
from django.core.cache import cache

from accounts.models import ActivationCode, Membership, Role, User
from accounts.services.activation import VALID_DAYS, ActivationRefused, activate, find_code
from accounts.services.sign_in_locks import Origin
from cdsc_portal.lib.time import clock
from tests.factories.accounts import MembershipFactory, UserFactory, household
from tests.factories.sign_in import handed_out, mailed_code, sent_mail, with_app

BEGIN, CODE, PASSWORD = "/accounts/activate/", "/accounts/activate/code/", "/accounts/activate/password/"
CHOSEN = "lanterns over the canal"

HOME = Origin(network="198.51.100.7")
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _no_limits_left_over():
    cache.clear()


@pytest.fixture
def home():
    return household()


def issued(home, role=Role.OWNER):
    return handed_out(home.customer, role)


def tell(client, home, code, email="new@example.com", **more):
    form = {"account_number": home.account.account_number, "code": code, "email": email, **more}
    return client.post(BEGIN, form)


def test_a_bill_and_a_code_open_the_first_access_and_lead_to_the_waiting_request(client, home):
    waiting = "/oauth/authorize/some-key/"
    client.get(BEGIN, {"next": waiting})

    assert tell(client, home, issued(home).lower())["Location"] == CODE
    assert client.post(CODE, {"code": mailed_code()})["Location"] == PASSWORD
    done = client.post(PASSWORD, {"name": "Nora New", "password1": CHOSEN})

    assert done["Location"] == waiting
    user = User.objects.get(email="new@example.com")
    assert client.session["_auth_user_id"] == str(user.pk)
    assert user.check_password(CHOSEN)
    assert user.name == "Nora New"  # not the customer's, by which owners could not tell who came
    assert Membership.objects.get(user=user).role == Role.OWNER
    assert ActivationCode.objects.get().used_by == user


def test_a_viewers_code_opens_a_viewers_access(client, home):
    tell(client, home, issued(home, Role.VIEWER))
    client.post(CODE, {"code": mailed_code()})
    client.post(PASSWORD, {"name": "Nora New", "password1": CHOSEN})

    assert Membership.objects.get(user__email="new@example.com").role == Role.VIEWER


def test_an_unknown_number_and_a_wrong_code_read_the_same(client, home):
    issued(home)

    wrong = tell(client, home, "AAAA-BBBB-CCCC")
    home.account.account_number = "999999"
    unknown = tell(client, home, "AAAA-BBBB-CCCC")

    words = "This number and this code do not fit."
    assert words in wrong.content.decode() and words in unknown.content.decode()
    assert sent_mail() == []


def test_an_unknown_number_and_a_wrong_code_cost_the_same_queries(home, django_assert_num_queries):
    issued(home)
    for number in (home.account.account_number, "999999"):
        with django_assert_num_queries(6), pytest.raises(ActivationRefused):
            find_code(account_number=number, code="AAAA-BBBB-CCCC", origin=HOME, at=clock.now())


def test_after_five_wrong_codes_the_right_one_waits_too(client, home):
    code = issued(home)
    for _ in range(5):
        tell(client, home, "AAAA-BBBB-CCCC")

    assert "Too many attempts" in tell(client, home, code).content.decode()
    assert sent_mail() == []


def test_a_code_works_once_for_30_days_and_until_a_newer_one(home):
    at = clock.now()
    old, new = issued(home), issued(home)
    number = home.account.account_number

    with pytest.raises(ActivationRefused):
        find_code(account_number=number, code=old, origin=HOME, at=at)
    with pytest.raises(ActivationRefused):
        find_code(account_number=number, code=new, origin=HOME, at=at + timedelta(days=VALID_DAYS, seconds=5))
    valid_code = find_code(account_number=number, code=new, origin=HOME, at=at)
    activate(
        code_key=valid_code.pk,
        email="new@example.com",
        name="Nora New",
        password=CHOSEN,
        language="es",
        at=at,
    )
    with pytest.raises(ActivationRefused):
        activate(
            code_key=valid_code.pk,
            email="second@example.com",
            name="Sam",
            password=CHOSEN,
            language="es",
            at=at,
        )
    with pytest.raises(ActivationRefused):
        find_code(account_number=number, code=new, origin=HOME, at=at)


@pytest.mark.spec("X-18")
def test_only_a_digest_of_the_code_is_kept(home):
    code = issued(home)

    assert code.replace("-", "") not in str(ActivationCode.objects.values().get())
    assert len(code.replace("-", "")) == 12


def test_nobody_becomes_a_delegate_by_a_code(home):
    with pytest.raises(ValueError, match="delegate"):
        issued(home, Role.DELEGATE)


def test_the_password_page_opens_only_after_the_mails_code(client, home):
    tell(client, home, issued(home))
    right = mailed_code()
    wrong = "000000" if right != "000000" else "111111"

    assert client.get(PASSWORD)["Location"] == BEGIN
    assert "This code is not right" in client.post(CODE, {"code": wrong}).content.decode()
    assert client.post(PASSWORD, {"name": "Nora New", "password1": CHOSEN})["Location"] == BEGIN
    assert not User.objects.filter(email="new@example.com").exists()


def test_the_mails_code_is_guessed_five_times(client, home):
    tell(client, home, issued(home))
    right = mailed_code()
    wrong = "000000" if right != "000000" else "111111"
    for _ in range(5):
        client.post(CODE, {"code": wrong})
    assert "tried too often" in client.post(CODE, {"code": right}).content.decode()


def test_the_mails_code_dies_after_15_minutes(client, home):
    tell(client, home, issued(home))
    right = mailed_code()

    with time_machine.travel(clock.now() + timedelta(minutes=16)):
        assert "or too old" in client.post(CODE, {"code": right}).content.decode()


def test_who_has_a_login_keeps_it_and_gets_the_role_after_every_step_of_the_login(client, home):
    user = with_app(UserFactory(email="new@example.com"))
    tell(client, home, issued(home))

    answer = client.post(CODE, {"code": mailed_code()})

    assert answer["Location"] == "/accounts/login/second-step/"
    assert "_auth_user_id" not in client.session
    assert Membership.objects.filter(user=user, customer=home.customer, role=Role.OWNER).exists()


def test_an_owners_code_makes_a_viewer_an_owner_and_a_viewers_takes_nothing(home):
    at, viewer = clock.now(), UserFactory(email="v@example.com")
    role = MembershipFactory(customer=home.customer, user=viewer, role=Role.VIEWER)

    for code_role, expected in ((Role.OWNER, Role.OWNER), (Role.VIEWER, Role.OWNER)):
        valid_code = find_code(
            account_number=home.account.account_number, code=issued(home, code_role), origin=HOME, at=at
        )
        activate(code_key=valid_code.pk, email=viewer.email, name="", password="", language="en", at=at)
        role.refresh_from_db()
        assert role.role == expected


def test_a_weak_password_is_refused_with_the_reason(client, home):
    tell(client, home, issued(home))
    client.post(CODE, {"code": mailed_code()})

    assert "at least 10 characters" in client.post(PASSWORD, {"password1": "short"}).content.decode()

"""A role is taken up once, by who may log in, however many tabs are open; and it stands in the history."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client as Browser

from accounts.models import ActivationCode, Membership, Role, RoleEvent, User
from accounts.queries.roles import visible_contracts
from accounts.services.activation import ActivationRefused, activate, find_code, has_login
from accounts.services.inviting import NotInvited, Offered, accept_with_new_login, invite
from accounts.services.sign_in_locks import Origin
from accounts.sign_in import join
from cdsc_portal.lib.time import clock
from tests.factories.accounts import MembershipFactory, UserFactory, household
from tests.factories.sign_in import handed_out, sent_mail

CHOSEN = "lanterns over the canal"


@pytest.fixture(autouse=True)
def _no_limits_left_over():
    cache.clear()


def code_of(home, role=Role.OWNER):
    code = handed_out(home.customer, role)
    number, origin = home.account.account_number, Origin("198.51.100.7")
    return find_code(account_number=number, code=code, origin=origin, at=clock.now()).pk


def used(code_key, email):
    return activate(
        code_key=code_key, email=email, name="Nora New", password=CHOSEN, language="en", at=clock.now()
    )


def invited(home, email="ben@example.com"):
    offered = Offered(home.customer, None, Role.VIEWER, may_share=False, until=None)
    return invite(email=email, offered=offered, by=home.owner, at=clock.now())


def link_of_the_last_mail():
    text = sent_mail()[-1].body
    return text[text.index("/accounts/join/") :].split()[0]


@pytest.mark.django_db
def test_who_comes_with_a_code_stands_in_the_history():
    home = household()

    user = used(code_of(home), "new@example.com")

    event = RoleEvent.objects.exclude(verb="offered").get()
    assert (event.verb, event.role, event.user, event.by) == ("joined", "owner", user, user)


@pytest.mark.django_db
def test_a_viewer_whose_role_had_ended_sees_again_with_a_code():
    home = household()
    ended = clock.now() - timedelta(days=1)
    viewer = MembershipFactory(customer=home.customer, role=Role.VIEWER, until=ended).user

    used(code_of(home, Role.VIEWER), viewer.email)

    assert visible_contracts(user=viewer, at=clock.now()).exists()


@pytest.mark.django_db
def test_an_address_that_may_not_log_in_uses_up_no_code():
    home = household()
    closed = UserFactory(is_active=False, password=None)

    with pytest.raises(ActivationRefused):
        used(code_of(home), closed.email)

    assert ActivationCode.objects.get().used_at is None
    assert not Membership.objects.filter(user=closed).exists()
    closed.refresh_from_db()
    assert not closed.has_usable_password()


@pytest.mark.django_db(transaction=True)
def test_two_tabs_that_accept_at_once_make_one_login_and_one_role():
    home = household()
    invited(home)
    link = link_of_the_last_mail()

    def accept(_tab):
        try:
            return Browser().post(link, {"name": "Ben Example", "password1": CHOSEN}).status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as tabs:
        answers = sorted(tabs.map(accept, range(4)))

    assert answers == [302, 410, 410, 410]
    assert Membership.objects.get(user__email="ben@example.com").role == Role.VIEWER


@pytest.mark.django_db
def test_a_link_used_up_between_two_questions_is_over(monkeypatch):
    home = household()
    invitation = invited(home)
    link = link_of_the_last_mail()

    def accepted_in_another_tab(email):
        accept_with_new_login(
            invitation=invitation, name="Ben", password=CHOSEN, language="en", at=clock.now()
        )
        return has_login(email)

    monkeypatch.setattr(join, "has_login", accepted_in_another_tab)

    assert Browser().post(link, {"name": "Ben Example", "password1": CHOSEN}).status_code == 410


@pytest.mark.django_db(transaction=True)
def test_two_customers_invitations_accepted_at_once_make_one_login():
    invitations = [invited(household()) for _ in range(4)]

    def accept(invitation):
        try:
            accept_with_new_login(
                invitation=invitation, name="Ben", password=CHOSEN, language="en", at=clock.now()
            )
        except NotInvited:
            return False
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(4) as tabs:
        accepted = list(tabs.map(accept, invitations))

    assert accepted.count(True) == 1
    assert User.objects.filter(email="ben@example.com").count() == 1

"""What owners may not do on /my/people/: leave nobody behind who stays, or write to strangers all day."""

from datetime import timedelta

import pytest
from django.test import Client as Browser
from django.urls import reverse

from accounts.models import Membership, OutgoingMail, Role, RoleEvent
from accounts.services.inviting import (
    InvitingRefused,
    NotInvited,
    Offered,
    invite,
    invite_once_more,
    withdraw,
)
from accounts.services.roles import RoleRefused, end_role
from cdsc_portal.lib.time import clock
from tests.factories.accounts import MembershipFactory, UserFactory, household
from tests.support.sign_in_mail import sent_link

pytestmark = pytest.mark.django_db


@pytest.fixture
def home():
    return household(owner=UserFactory(email="ana@example.com", name="Ana Example"))


def test_an_owner_with_an_end_does_not_let_the_last_lasting_one_leave(home):
    at = clock.now()
    MembershipFactory(customer=home.customer, role=Role.OWNER, until=at + timedelta(days=1))

    with pytest.raises(RoleRefused) as refused:
        end_role(membership=Membership.objects.get(user=home.owner), by=home.owner, at=at)

    assert refused.value.code == "last_owner"


def test_an_owner_with_an_end_leaves_to_one_who_stays_longer(home):
    at = clock.now()
    ending = MembershipFactory(customer=home.customer, role=Role.OWNER, until=at + timedelta(days=1))

    end_role(membership=ending, by=ending.user, at=at)

    assert Membership.objects.get(customer=home.customer).user == home.owner


def test_invitations_that_are_withdrawn_count_for_the_day(home):
    offered, at = Offered(home.customer, None, Role.VIEWER, may_share=False, until=None), clock.now()
    for number in range(100):
        made = invite(email=f"p{number}@example.com", offered=offered, by=home.owner, at=at)
        withdraw(invitation=made, by=home.owner, at=at)

    with pytest.raises(InvitingRefused) as refused:
        invite(email="one-more@example.com", offered=offered, by=home.owner, at=at)

    assert refused.value.code == "too_many_today"
    assert OutgoingMail.objects.filter(kind="sign_in").count() == 100
    invite(email="one-more@example.com", offered=offered, by=home.owner, at=at + timedelta(days=1))


def test_the_page_says_that_the_day_is_full(home):
    at = clock.now()
    mails_today(home, 100, at)
    owner = Browser()
    owner.force_login(home.owner)
    form = {"email": "q@example.com", "account": f"all-{home.customer.public_id}", "role": "viewer"}

    answer = owner.post(reverse("people_invite"), form)

    assert "Too many invitations were sent today." in answer.content.decode()


def test_an_invitation_is_sent_again_five_times_a_day(home):
    offered, at = Offered(home.customer, None, Role.VIEWER, may_share=False, until=None), clock.now()
    made = invite(email="p@example.com", offered=offered, by=home.owner, at=at)
    for number in range(1, 6):
        invite_once_more(invitation=made, by=home.owner, at=at + timedelta(hours=number))

    with pytest.raises(InvitingRefused) as refused:
        invite_once_more(invitation=made, by=home.owner, at=at + timedelta(hours=6))

    assert refused.value.code == "too_often"
    assert OutgoingMail.objects.filter(kind="sign_in").count() == 6
    other = invite(email="q@example.com", offered=offered, by=home.owner, at=at)
    invite_once_more(invitation=other, by=home.owner, at=at + timedelta(hours=6))
    invite_once_more(invitation=made, by=home.owner, at=at + timedelta(hours=25))


def test_who_sends_an_invitation_again_stands_for_it_where_the_first_sender_is_gone(home):
    at = clock.now() - timedelta(hours=1)
    heir = MembershipFactory(customer=home.customer, role=Role.OWNER).user
    offered = Offered(home.customer, None, Role.VIEWER, may_share=False, until=None)
    made = invite(email="p@example.com", offered=offered, by=home.owner, at=at)
    end_role(membership=Membership.objects.get(user=home.owner), by=home.owner, at=at)

    OutgoingMail.objects.filter(kind="sign_in").delete()

    invite_once_more(invitation=made, by=heir, at=clock.now())

    path, message = sent_link()
    assert Browser().get(path).status_code == 200
    assert str(heir) in message.body


def test_an_invitation_to_a_role_that_is_over_is_not_sent_again(home):
    at = clock.now()
    until = at + timedelta(days=1)
    offered = Offered(home.customer, None, Role.DELEGATE, may_share=False, until=until)
    made = invite(email="p@example.com", offered=offered, by=home.owner, at=at)

    with pytest.raises(NotInvited):
        invite_once_more(invitation=made, by=home.owner, at=until)

    assert OutgoingMail.objects.filter(kind="sign_in").count() == 1


def test_mails_that_are_sent_again_count_for_the_customers_day(home):
    offered, at = Offered(home.customer, None, Role.VIEWER, may_share=False, until=None), clock.now()
    made = invite(email="p@example.com", offered=offered, by=home.owner, at=at - timedelta(hours=1))
    mails_today(home, 98, at)
    invite_once_more(invitation=made, by=home.owner, at=at)

    for send in (
        lambda: invite_once_more(invitation=made, by=home.owner, at=at + timedelta(hours=1)),
        lambda: invite(email="q@example.com", offered=offered, by=home.owner, at=at),
    ):
        with pytest.raises(InvitingRefused) as refused:
            send()
        assert refused.value.code == "too_many_today"


def test_the_page_says_that_an_invitation_was_sent_often_enough(home):
    at = clock.now()
    offered = Offered(home.customer, None, Role.VIEWER, may_share=False, until=None)
    made = invite(email="p@example.com", offered=offered, by=home.owner, at=at - timedelta(hours=8))
    for number in range(1, 6):
        invite_once_more(invitation=made, by=home.owner, at=at - timedelta(hours=6 - number))
    owner = Browser()
    owner.force_login(home.owner)

    answer = owner.post(reverse("people_invitation_again", args=[made.public_id]), follow=True)

    page = answer.content.decode()
    assert "This invitation was sent again five times today." in page
    assert "sent the invitation of p@example.com again (All accounts)." in page


def mails_today(home, count, at):
    RoleEvent.objects.bulk_create(
        RoleEvent(customer=home.customer, email="x@example.com", verb="invited", role="viewer", at=at)
        for _mail in range(count)
    )

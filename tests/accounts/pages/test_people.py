"""/my/people/: who may act for whom, invited by an owner, accepted by mail, ended at once."""

from datetime import datetime, timedelta

import pytest
from django.core import mail
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from lxml import html

from accounts.models import Invitation, Membership, OutgoingMail, Role, RoleEvent, User
from accounts.queries.roles import shareable_contracts, visible_contracts
from accounts.services.inviting import InvitingRefused, Offered, invite
from accounts.services.roles import RoleRefused, end_role
from accounts.services.support_sessions import start_support_session
from cdsc_portal.lib.time import clock
from tests.factories.accounts import PASSWORD, MembershipFactory, StaffFactory, UserFactory, household
from tests.support.sign_in_mail import sent_link

pytestmark = pytest.mark.django_db
URL = "/my/people/"


@pytest.fixture
def home():
    return household(owner=UserFactory(email="ana@example.com", name="Ana Example"))


@pytest.fixture
def owner(home):
    owner = Browser()
    owner.force_login(home.owner)
    return owner


def words(answer, status=200):
    assert answer.status_code == status
    return " ".join(html.fromstring(answer.content.decode()).text_content().split())


def form(home, **changes):
    customer = home.account.customer
    return {
        "email": "ben@example.com",
        "account": f"all-{customer.public_id}",
        "role": "viewer",
        "until": "",
    } | changes


def role_url(name, home, user, part="all"):
    return reverse(name, args=[home.account.customer.public_id, user.public_id, part])


def test_an_invited_person_sees_nothing_until_they_accept(owner, home):
    owner.post(reverse("people_invite"), form(home))
    link, message = sent_link()
    assert message.to == ["ben@example.com"]
    assert "Ana Example" in message.body and home.account.account_number not in message.body
    assert not User.objects.filter(email="ben@example.com").exists()

    new = Browser()
    assert "Ana Example invites you" in words(new.get(link))
    new.post(link, {"name": "Ben Example", "password1": "a long enough secret"})

    ben = User.objects.get(email="ben@example.com")
    assert visible_contracts(user=ben, at=clock.now()).exists()
    assert not shareable_contracts(user=ben, at=clock.now()).exists()
    assert new.get("/my/").status_code == 200
    assert "over" in words(Browser().get(link), 410)
    listed = words(owner.get(URL))
    assert "Ben Example" in listed and "Viewer: sees" in listed and "accepted" in listed


def test_who_has_a_login_accepts_after_logging_in(owner, home):
    known = UserFactory(email="ben@example.com")
    owner.post(reverse("people_invite"), form(home))
    link, _message = sent_link()

    person = Browser()
    page = html.fromstring(person.get(link).content.decode())
    (login,) = page.xpath("//main//a[contains(@class, 'button')]/@href")
    person.post(login, {"login": known.email, "password": PASSWORD, "next": link})
    assert "Accept" in words(person.get(link))
    person.post(link)

    assert Membership.objects.get(user=known).role == Role.VIEWER


def test_a_link_is_nobody_elses(owner, home):
    owner.post(reverse("people_invite"), form(home))
    link, _message = sent_link()
    other = Browser()
    other.force_login(UserFactory(email="carol@example.com"))

    assert "another address" in words(other.get(link))
    other.post(link)

    assert not Membership.objects.filter(user__email="carol@example.com").exists()
    assert Invitation.objects.get().accepted is None


def test_the_inviter_cannot_tell_whether_an_address_is_known(owner, home):
    UserFactory(email="known@example.com")

    known = owner.post(reverse("people_invite"), form(home, email="known@example.com"), follow=True)
    unknown = owner.post(reverse("people_invite"), form(home, email="other@example.com"), follow=True)

    message = "The invitation to {} is on its way."
    assert message.format("known@example.com") in words(known)
    assert message.format("other@example.com") in words(unknown)


@pytest.mark.spec("P-15")
def test_roles_are_cards_that_say_what_follows_and_a_delegates_end_stands_in_its_own(owner, home):
    page = html.fromstring(owner.get(reverse("people_invite")).content.decode())

    cards = page.xpath("//*[@class='role-card']")
    assert len(cards) == len(Role)
    assert all(card.xpath("string(.//*[@class='tick__detail'])").strip() for card in cards)
    (delegate,) = [card for card in cards if card.xpath(".//input[@value='delegate']")]
    months = page.xpath("//input[@name='months']")
    assert [month.get("value") for month in months] == ["1", "3", "12", ""]
    assert delegate.xpath(".//input[@name='months']") == months


def test_a_delegate_has_an_end_and_the_owners_are_told(owner, home):
    late = owner.post(reverse("people_invite"), form(home, role="delegate"))
    assert "A delegate needs a last day." in words(late)
    past = owner.post(reverse("people_invite"), form(home, role="delegate", until="2020-01-01"))
    assert "Choose a day to come." in words(past)

    until = (clock.now() + timedelta(days=30)).date()
    owner.post(reverse("people_invite"), form(home, role="delegate", until=until.isoformat(), may_share="on"))
    link, _message = sent_link()
    Browser().post(link, {"name": "Ben Example", "password1": "a long enough secret"})

    ben = Membership.objects.get(user__email="ben@example.com")
    assert ben.may_share and shareable_contracts(user=ben.user, at=clock.now()).exists()
    mails = OutgoingMail.objects.filter(kind="delegate").values_list("to", "subject")
    assert {to for to, _subject in mails} == {"ana@example.com", "ben@example.com"}
    assert any("can act for you until" in subject for _to, subject in mails)
    assert not shareable_contracts(user=ben.user, at=ben.until).exists()


def test_a_withdrawn_invitation_opens_nothing_and_a_second_mail_replaces_the_first(owner, home):
    owner.post(reverse("people_invite"), form(home))
    first, _message = sent_link()
    mail.outbox.clear()
    again = reverse("people_invitation_again", args=[Invitation.objects.get().public_id])
    assert "Wait a minute" in words(owner.post(again, follow=True))
    Invitation.objects.update(sent=clock.now() - timedelta(hours=1))
    owner.post(again)
    second, _message = sent_link()
    assert first != second
    assert Browser().get(first).status_code == 410
    assert Browser().get(second).status_code == 200

    owner.post(reverse("people_invitation_withdraw", args=[Invitation.objects.get().public_id]))

    assert Browser().get(second).status_code == 410


def test_an_invitation_dies_with_its_senders_role(owner, home):
    owner.post(reverse("people_invite"), form(home))
    link, _message = sent_link()
    Membership.objects.filter(user=home.owner).delete()

    assert Browser().get(link).status_code == 410


def test_an_old_invitation_is_over(owner, home):
    owner.post(reverse("people_invite"), form(home))
    link, _message = sent_link()
    Invitation.objects.update(expires=clock.now())

    assert Browser().get(link).status_code == 410


def test_an_invitation_twice_to_one_address_is_one(owner, home):
    owner.post(reverse("people_invite"), form(home))

    assert "open invitation" in words(owner.post(reverse("people_invite"), form(home)))
    assert Invitation.objects.count() == 1


def test_accepting_lowers_no_role(home):
    second = MembershipFactory(customer=home.account.customer, role=Role.OWNER).user
    made = invite(
        email=second.email,
        offered=Offered(home.account.customer, None, Role.VIEWER, False, None),
        by=home.owner,
        at=clock.now(),
    )
    link, _message = sent_link()
    person = Browser()
    person.force_login(second)

    person.post(link)

    made.refresh_from_db()
    assert made.accepted is not None
    assert Membership.objects.get(user=second).role == Role.OWNER


def test_an_ended_viewer_sees_nothing_from_the_next_request_on(owner, home):
    viewer = MembershipFactory(customer=home.account.customer, role=Role.VIEWER).user
    browser = Browser()
    browser.force_login(viewer)
    assert browser.get(reverse("my_contract", args=[home.contract.public_id])).status_code == 200
    assert "End the role" in words(owner.get(role_url("people_end", home, viewer)))
    assert Membership.objects.filter(user=viewer).exists()

    owner.post(role_url("people_end", home, viewer), {"action": "end"})

    assert browser.get(reverse("my_contract", args=[home.contract.public_id])).status_code == 404
    assert "ended the role" in words(owner.get(URL))


def test_the_second_of_two_clicks_leads_to_the_same_page_and_says_that_it_had_ended(owner, home):
    viewer = MembershipFactory(customer=home.account.customer, role=Role.VIEWER).user
    url = role_url("people_end", home, viewer)
    first = owner.post(url, {"action": "end"})

    second = owner.post(url, {"action": "end"})

    assert (second.status_code, second["Location"]) == (first.status_code, first["Location"]) == (303, URL)
    assert "This role had ended already." in words(owner.get(URL))
    assert [event.verb for event in RoleEvent.objects.all()] == ["ended"]
    ended = Browser()
    ended.force_login(viewer)
    assert ended.post(url, {"action": "end"}).status_code == 404


def test_a_second_click_on_leave_or_withdraw_says_that_it_is_over(owner, home):
    viewer = MembershipFactory(customer=home.account.customer, role=Role.VIEWER).user
    leaving = Browser()
    leaving.force_login(viewer)
    owner.post(reverse("people_invite"), form(home))
    withdraw = reverse("people_invitation_withdraw", args=[Invitation.objects.get().public_id])
    for _click in (1, 2):
        left = leaving.post(role_url("people_end", home, viewer), {"action": "end"})
        withdrawn = owner.post(withdraw)

    assert left["Location"] == withdrawn["Location"] == URL
    assert "This role had ended already." in words(leaving.get(URL))
    assert "The invitation is over already." in words(owner.get(URL))
    assert sorted(event.verb for event in RoleEvent.objects.all()) == ["invited", "left", "withdrawn"]
    assert leaving.post(withdraw).status_code == 404


def test_keeping_changes_nothing(owner, home):
    viewer = MembershipFactory(customer=home.account.customer, role=Role.VIEWER).user

    owner.post(role_url("people_end", home, viewer), {"action": "keep"})

    assert Membership.objects.filter(user=viewer).exists()


def test_the_only_owner_stays(owner, home):
    assert "Only owner" in words(owner.get(URL))

    answer = owner.post(role_url("people_end", home, home.owner), {"action": "end"}, follow=True)

    assert "Nobody else stays an owner" in words(answer)
    assert Membership.objects.filter(user=home.owner).exists()


def test_two_owners_who_end_each_other_leave_one(home):
    second = MembershipFactory(customer=home.account.customer, role=Role.OWNER)
    first = Membership.objects.get(user=home.owner)
    end_role(membership=second, by=home.owner, at=clock.now())

    with pytest.raises(RoleRefused) as refused:
        end_role(membership=first, by=second.user, at=clock.now())

    assert refused.value.code == "not_yours"
    assert list(Membership.objects.filter(role=Role.OWNER, until=None)) == [first]


def test_a_viewer_sees_their_own_role_alone_and_may_leave(home):
    viewer = MembershipFactory(customer=home.account.customer, role=Role.VIEWER).user
    browser = Browser()
    browser.force_login(viewer)

    listed = words(browser.get(URL))
    assert "ana@example.com" not in listed and "Viewer: sees" in listed
    assert browser.get(reverse("people_invite")).status_code == 404
    assert browser.get(role_url("people_end", home, home.owner)).status_code == 404
    browser.post(role_url("people_end", home, viewer), {"action": "end"})

    assert not Membership.objects.filter(user=viewer).exists()
    assert RoleEvent.objects.get().verb == "left"


def test_an_owner_of_one_account_invites_to_that_account_alone(home):
    other = household().account
    owner = MembershipFactory(
        customer=home.account.customer, role=Role.OWNER, billing_account=home.account
    ).user
    browser = Browser()
    browser.force_login(owner)

    options = html.fromstring(browser.get(reverse("people_invite")).content.decode()).xpath(
        "//select[@name='account']/option/@value"
    )
    assert options == [home.account.public_id]
    browser.post(reverse("people_invite"), form(home, account=other.public_id))
    assert not Invitation.objects.exists()
    with pytest.raises(InvitingRefused):
        invite(
            email="x@example.com",
            offered=Offered(home.account.customer, None, Role.VIEWER, False, None),
            by=owner,
            at=clock.now(),
        )


def test_another_customers_people_are_not_to_be_found(owner):
    other = household()

    assert owner.get(role_url("people_end", other, other.owner)).status_code == 404
    assert owner.post(role_url("people_end", other, other.owner), {"action": "end"}).status_code == 404
    assert other.owner.email not in words(owner.get(URL))


def test_a_delegates_end_moves_and_ends_sharing_at_once(owner, home):
    until = clock.now() + timedelta(days=20)
    delegate = MembershipFactory(
        customer=home.account.customer, role=Role.DELEGATE, may_share=True, until=until
    ).user
    url = role_url("people_change", home, delegate)
    day = (clock.now() + timedelta(days=5)).date()

    owner.post(url, {"until": day.isoformat()})

    held = Membership.objects.get(user=delegate)
    assert not held.may_share
    assert held.until.date() - day in {timedelta(0), timedelta(days=1)}
    assert held.until < until
    assert not shareable_contracts(user=delegate, at=clock.now()).exists()
    assert "A delegate needs a last day." in words(owner.post(url, {"until": ""}))


def test_the_page_asks_as_often_for_many_as_for_few(owner, home):
    MembershipFactory(customer=home.account.customer, role=Role.VIEWER)
    owner.get(URL)
    with CaptureQueriesContext(connection) as few:
        owner.get(URL)
    MembershipFactory.create_batch(20, customer=home.account.customer, role=Role.VIEWER)
    for number in range(5):
        invite(
            email=f"p{number}@example.com",
            offered=Offered(home.account.customer, None, Role.VIEWER, False, None),
            by=home.owner,
            at=clock.now(),
        )

    with CaptureQueriesContext(connection) as many:
        owner.get(URL)
    assert len(many) == len(few) <= 11


def test_a_time_is_utc_inside():
    """The last day counts whole, in the utility's zone."""
    home = household()
    browser = Browser()
    browser.force_login(home.owner)
    day = (clock.now() + timedelta(days=40)).date()

    browser.post(reverse("people_invite"), form(home, role="delegate", until=day.isoformat()))

    until: datetime = Invitation.objects.get().until
    assert until.hour in {7, 8} and until.date() == day + timedelta(days=1)


@pytest.mark.spec("P-23")
@pytest.mark.parametrize("role", [Role.OWNER, Role.VIEWER])
def test_who_shares_nothing_reads_when_support_looked_and_why(role):
    home = household(role=role)
    browser, agent = Browser(), StaffFactory()
    browser.force_login(home.owner)
    before = browser.get(reverse("people")).content.decode()

    start_support_session(person=home.owner, by=agent, reason="you asked about a bill", at=clock.now())
    after = browser.get(reverse("people")).content.decode()
    elsewhere = Browser()
    elsewhere.force_login(household().owner)

    assert "Nobody of our support has looked" in before
    assert "you asked about a bill" in after and agent.name not in after
    assert "you asked about a bill" not in elsewhere.get(reverse("people")).content.decode()

"""One person of staff alone lets nobody in: codes go to what is on file, owners are told, new roles wait (P-23)."""

from datetime import timedelta

import pytest
from django.core.cache import cache
from django.db import IntegrityError, transaction
from django.test import Client as Browser
from django.urls import reverse

from accounts.feed_rows import MembershipRow
from accounts.mail.queue import words_of
from accounts.models import (
    ActivationCode,
    CodeWay,
    Invitation,
    Membership,
    OutgoingMail,
    Role,
    RoleEvent,
    User,
)
from accounts.queries.contacts import contacts_on_file
from accounts.queries.roles import shareable_contracts, visible_contracts
from accounts.services.activation import (
    ActivationRefused,
    CodeRefused,
    activate,
    ask_for_code,
    find_code,
    hand_out_code,
    mail_code,
)
from accounts.services.contact import correct_address
from accounts.services.inviting import InvitingRefused, Offered, accept, invite
from accounts.services.roles import RoleRefused, agree_to_share, end_role, follow_staff_change
from accounts.services.sign_in_locks import Origin
from accounts.services.waits import WAITS
from cdsc_portal.lib.time import clock
from consent.models import ConsentRequest, Grant
from consent.services.decision import MayNotDecide
from tests.accounts.rows import AT, load
from tests.accounts.rows import household as household_rows
from tests.consent.mail.again import text_sent_again
from tests.factories.accounts import (
    BillingAccountFactory,
    CustomerFactory,
    MembershipFactory,
    ServiceContractFactory,
    StaffFactory,
    UserFactory,
    household,
)
from tests.factories.consent import approve, ask
from tests.factories.sign_in import handed_out, sent_mail

HOME = Origin(network="198.51.100.7")

pytestmark = [pytest.mark.django_db, pytest.mark.spec("P-23")]
USAGE = {"type": "usage_data", "services": "all"}
CHOSEN = "lanterns over the canal"


@pytest.fixture(autouse=True)
def _no_limits_left_over():
    cache.clear()


def unowned():
    """A customer nobody has a login for."""
    customer = CustomerFactory()
    contract = ServiceContractFactory(billing_account=BillingAccountFactory(customer=customer))
    return customer, contract


def joined(customer, role=Role.OWNER, *, way=CodeWay.LETTER, email="new@example.com") -> User:
    code = handed_out(customer, role, way=way)
    number = customer.billing_accounts.first().account_number
    valid_code = find_code(account_number=number, code=code, origin=HOME, at=clock.now())
    return activate(
        code_key=valid_code.pk, email=email, name="Nora New", password=CHOSEN, language="en", at=clock.now()
    )


def shares(user, *, after=timedelta()) -> bool:
    return shareable_contracts(user=user, at=clock.now() + after).exists()


def recipients(kind: str) -> set[str]:
    return set(OutgoingMail.objects.filter(kind=kind).values_list("to", flat=True))


def offer_code(customer, by, way=CodeWay.SPOKEN) -> ActivationCode:
    return ask_for_code(customer=customer, role=Role.OWNER, way=way, reason="called", by=by, at=clock.now())


def test_one_person_of_staff_gets_no_code():
    home, clerk = household(), StaffFactory()
    offered = offer_code(home.customer, clerk)

    with pytest.raises(CodeRefused, match="needs_a_second_person"):
        hand_out_code(offered=offered, by=clerk, at=clock.now())
    code = hand_out_code(offered=offered, by=StaffFactory(), at=clock.now())

    assert (
        find_code(account_number=home.account.account_number, code=code, origin=HOME, at=clock.now())
        == offered
    )
    with pytest.raises(CodeRefused, match="gone"):
        hand_out_code(offered=offered, by=StaffFactory(), at=clock.now())


def test_the_database_knows_no_code_of_one_person():
    home, clerk = household(), StaffFactory()
    for requester, by in (("mine", clerk), ("nobody's", None)):
        row = offer_code(home.customer, clerk)
        row.digest, row.handed_out_by = requester, by
        with pytest.raises(IntegrityError), transaction.atomic():
            row.save()


def test_who_acts_for_a_customer_neither_asks_for_its_code_nor_hands_it_out():
    home, clerk = household(), StaffFactory()
    member = MembershipFactory(customer=home.customer, user=StaffFactory(), role=Role.VIEWER).user

    with pytest.raises(CodeRefused, match="own_customer"):
        offer_code(home.customer, member)
    with pytest.raises(CodeRefused, match="own_customer"):
        hand_out_code(offered=offer_code(home.customer, clerk), by=member, at=clock.now())


def test_a_code_of_a_release_before_this_rule_opens_nothing():
    home = household()
    code = handed_out(home.customer)
    ActivationCode.objects.update(way="")

    with pytest.raises(ActivationRefused):
        find_code(account_number=home.account.account_number, code=code, origin=HOME, at=clock.now())


def test_a_code_by_mail_goes_to_an_owner_on_file_and_nobody_of_staff_sees_it():
    home, stranger = household(), UserFactory()
    other_owner = MembershipFactory(customer=home.customer).user
    common = {
        "customer": home.customer,
        "role": Role.VIEWER,
        "reason": "asked",
        "by": StaffFactory(),
        "at": clock.now(),
    }

    with pytest.raises(CodeRefused, match="not_on_file"):
        mail_code(**common, to=stranger)
    mail_code(**common, to=home.owner)

    (letter,) = sent_mail()
    code = next(line for line in letter.body.splitlines() if line.count("-") == 2 and line.isupper())
    assert letter.to == [home.owner.email]
    assert (
        find_code(account_number=home.account.account_number, code=code, origin=HOME, at=clock.now()).role
        == Role.VIEWER
    )
    assert recipients("login_code") == {home.owner.email, other_owner.email}


def test_a_letter_goes_to_an_address_on_file_alone():
    home = household()

    with pytest.raises(CodeRefused, match="not_on_file"):
        ask_for_code(
            customer=home.customer, role=Role.OWNER, way=CodeWay.LETTER, address="1 Elsewhere", reason="x",
            by=StaffFactory(), at=clock.now(),
        )  # fmt: skip


@pytest.mark.spec("P-36")
def test_every_owner_is_told_at_once_of_a_code_and_of_who_came_by_it():
    home = household(owner=UserFactory(name="Ana", language="es"))
    second = MembershipFactory(customer=home.customer, billing_account=home.account).user
    MembershipFactory(customer=home.customer, role=Role.VIEWER)

    joined(home.customer, email="clerk.private@example.com")

    assert recipients("login_code") == recipients("new_login") == {home.owner.email, second.email}
    text = words_of(OutgoingMail.objects.get(kind="new_login", user=second)).text
    for kind in ("login_code", "new_login"):
        mail = OutgoingMail.objects.get(kind=kind, user=second)
        assert text_sent_again(mail) == words_of(mail).text
    assert "Nora New" in text and "clerk.private@example.com" in text
    assert {event.verb for event in RoleEvent.objects.filter(customer=home.customer)} == {"offered", "joined"}


@pytest.mark.spec("P-36")
@pytest.mark.parametrize("way", [CodeWay.LETTER, CodeWay.SPOKEN])
def test_where_there_is_an_owner_a_new_login_looks_and_shares_after_a_day(way):
    home = household()

    new = joined(home.customer, way=way)

    assert visible_contracts(user=new, at=clock.now()).exists()
    assert (shares(new), shares(new, after=WAITS)) == (False, True)


def test_the_first_owner_by_letter_shares_at_once_and_by_word_of_mouth_after_a_day():
    (by_letter, _), (by_word, _) = unowned(), unowned()

    first = joined(by_letter, email="first@example.com")
    other = joined(by_word, way=CodeWay.SPOKEN, email="other@example.com")

    assert shares(first)
    assert (shares(other), shares(other, after=WAITS)) == (False, True)


def test_an_owner_agrees_and_who_waits_cannot():
    home = household()
    new = joined(home.customer)
    waiting = joined(home.customer, email="friend@example.com")
    role = Membership.objects.get(user=new)

    for by in (new, waiting, UserFactory()):
        with pytest.raises(RoleRefused, match="not_yours"):
            agree_to_share(membership=role, by=by, at=clock.now())
    agree_to_share(membership=role, by=home.owner, at=clock.now())

    assert shares(new) and not shares(waiting)
    assert recipients("agreed") == {new.email, home.owner.email, waiting.email}


def test_who_waits_ends_nobodys_role_invites_nobody_and_is_no_other_owner():
    home = household()
    new = joined(home.customer)
    offered = Offered(home.customer, None, Role.OWNER, may_share=False, until=None)

    with pytest.raises(RoleRefused, match="not_yours"):
        end_role(membership=Membership.objects.get(user=home.owner), by=new, at=clock.now())
    with pytest.raises(InvitingRefused, match="not_yours"):
        invite(email="friend@example.com", offered=offered, by=new, at=clock.now())
    with pytest.raises(RoleRefused, match="last_owner"):
        end_role(membership=Membership.objects.get(user=home.owner), by=home.owner, at=clock.now())
    end_role(membership=Membership.objects.get(user=new), by=home.owner, at=clock.now())


def test_who_comes_by_an_owners_invitation_shares_at_once_and_the_other_owners_are_told():
    home = household()
    second = MembershipFactory(customer=home.customer).user
    guest = UserFactory()
    invite(
        email=guest.email, by=home.owner, at=clock.now(),
        offered=Offered(home.customer, None, Role.OWNER, may_share=False, until=None),
    )  # fmt: skip

    accept(invitation=Invitation.objects.get(), user=guest, at=clock.now())

    assert shares(guest)
    assert recipients("new_login") == {home.owner.email, second.email}


@pytest.mark.spec("P-36")
@pytest.mark.parametrize("role", [Role.OWNER, Role.VIEWER])
def test_a_role_that_staff_give_by_a_form_waits_and_is_told(role):
    home = household()
    held = MembershipFactory(customer=home.customer, role=role)

    follow_staff_change(before=None, after=held, by=StaffFactory(), at=clock.now())

    held.refresh_from_db()
    assert (held.shares_from is not None) == (role == Role.OWNER)
    assert recipients("new_login") == {home.owner.email}


def test_a_viewer_whom_staff_make_an_owner_waits():
    home = household()
    held = MembershipFactory(customer=home.customer, role=Role.VIEWER)
    before = Membership.objects.get(pk=held.pk)
    held.role = Role.OWNER

    follow_staff_change(before=before, after=held, by=StaffFactory(), at=clock.now())

    assert not shares(held.user)


def test_a_file_makes_first_owners_at_once_and_later_ones_wait():
    load(household_rows())
    row = MembershipRow(12, "C-1", "pat@example.com", "Pat", "owner", "", False, None)
    later = AT + timedelta(days=30)

    first = Membership.objects.get(user__email="robin@example.com")
    mails = OutgoingMail.objects.exclude(kind="invitation").count()
    load(household_rows(memberships=(row,), as_of=later), at=later)

    second = Membership.objects.get(user__email="pat@example.com")
    assert (first.shares_from, mails) == (None, 0)
    assert first.is_account_holder and second.is_account_holder
    assert second.shares_from == later + WAITS
    assert recipients("new_login") == {"robin@example.com"}


@pytest.mark.spec("P-36")
def test_an_owner_in_a_later_file_is_an_account_holder_and_an_owners_notice_ends():
    load(household_rows())
    Membership.objects.update(is_account_holder=False)
    load(household_rows(as_of=AT + timedelta(days=1)), at=AT + timedelta(days=1))
    unchanged = Membership.objects.get()
    Membership.objects.update(is_account_holder=False, until=AT + timedelta(days=9))
    load(household_rows(as_of=AT + timedelta(days=2)), at=AT + timedelta(days=2))

    assert unchanged.is_account_holder
    assert Membership.objects.filter(is_account_holder=True, until=None).exists()


def test_an_address_that_staff_correct_takes_away_sharing_for_a_day_and_is_told():
    home = household(owner=UserFactory(email="robin@example.com"))
    second = MembershipFactory(customer=home.customer).user

    correct_address(user=home.owner, email="clerk.private@example.com", by=StaffFactory(), at=clock.now())

    letters = {to for letter in sent_mail() for to in letter.to}
    assert letters == {"robin@example.com", "clerk.private@example.com"}
    assert recipients("new_address") == {second.email}
    mail = OutgoingMail.objects.get(kind="new_address")
    assert text_sent_again(mail) == words_of(mail).text
    assert (shares(home.owner), shares(home.owner, after=WAITS)) == (False, True)
    assert list(contacts_on_file(customer=home.customer, at=clock.now())) == [second]
    assert RoleEvent.objects.get().verb == "address"


def test_a_request_waits_and_says_from_when(client):
    home = household(owner=UserFactory(name="Ana Owner"))
    new = joined(home.customer)
    client.force_login(new)
    request = ask(USAGE, user=new)
    page = request.page

    shown = client.get(page).content.decode()

    waits = Membership.objects.get(user=new).shares_from
    assert "You can decide from" in shown and "Ana Owner" in shown
    assert ConsentRequest.objects.get().expires == waits + timedelta(hours=24)
    with pytest.raises(MayNotDecide):
        approve(request)
    assert approve(request, at=waits).status == "active"


def test_the_way_in_that_one_support_person_had_is_closed(client):
    """The attack: ask for a code, open the login, share; nobody hears of it."""
    home, clerk = household(), StaffFactory()
    client.force_login(clerk)
    form = {"role": "owner", "way": "told", "reason": "caller has no mail"}

    client.post(f"/admin/accounts/customer/{home.customer.pk}/code/", form)
    offered = ActivationCode.objects.get()
    answer = client.post(f"/admin/accounts/activationcode/{offered.pk}/hand-out/", follow=True)

    assert "Another person must hand it out" in answer.content.decode()
    assert "activation-code" not in answer.content.decode()
    assert ActivationCode.objects.get().digest == ""
    assert recipients("login_code") == {home.owner.email}
    assert not Grant.objects.exists()


def test_an_owner_lets_a_new_login_share_on_the_page_of_people():
    home = household()
    new = joined(home.customer)
    owner, theirs = Browser(), Browser()
    owner.force_login(home.owner)
    theirs.force_login(new)
    where = reverse("people_agree", args=[home.customer.public_id, new.public_id, "all"])

    before = owner.get(reverse("people")).content.decode()
    foreign = theirs.post(where).status_code
    owner.post(where)

    assert "Shares from" in before and where in before
    assert foreign == 404
    assert shares(new)
    assert "Shares from" not in owner.get(reverse("people")).content.decode()

"""Mail that no click causes: each once, however often and by however many workers its task runs."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection

from accounts.mail.queue import words_of
from accounts.models import OutgoingMail, Role
from consent.models import Actor, Grant
from consent.services.decision import PartDecision
from consent.services.narrow import narrow_grant
from consent.services.reminders import remind_of_ends, send_yearly_lists
from consent.services.revoke import revoke_grant
from tests.factories.accounts import MembershipFactory, UserFactory, household
from tests.factories.consent import (
    ClientFactory,
    GrantFactory,
    GrantPartFactory,
    ReceiptFactory,
    approve,
    ask,
)

AT = datetime(2026, 11, 24, 16, 0, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture
def home(db):
    return household(owner=UserFactory(name="Ada Demo"))


def shared(home, **detail):
    usage = {"type": "usage_data", "start": "-1y", "end": "+1y", "services": "all"} | detail
    client = ClientFactory(name="Sunny Roofs")
    return approve(ask(usage, user=home.owner, client=client, at=AT), at=AT)


def endless(home, *, created=AT):
    """Sharing that no end was agreed for, as no founding request leads to."""
    grant = GrantFactory(
        user=home.owner, client=ClientFactory(name="Green Meter"), access_ends=None, created=created
    )
    GrantPartFactory(grant=grant, contracts=[home.contract])
    ReceiptFactory(grant=grant, created=created)
    return grant


def subjects(kind):
    return [mail.subject for mail in OutgoingMail.objects.filter(kind=kind).order_by("pk")]


@pytest.mark.spec("P-16")
def test_a_coming_end_is_told_thirty_and_seven_days_before_and_not_sooner(home):
    end = shared(home).access_ends

    for days in (31, 30, 29, 8, 7, 6, 1):
        remind_of_ends(at=end - days * DAY)

    subject = "Sharing with Sunny Roofs ends on November 24, 2027"
    assert subjects("ends_in_30_days") == [subject]
    assert subjects("ends_in_7_days") == [subject]
    written = {mail.kind: end - mail.created for mail in OutgoingMail.objects.exclude(kind="approved")}
    assert written == {"ends_in_30_days": 30 * DAY, "ends_in_7_days": 7 * DAY}
    assert "Nothing to do" in words_of(OutgoingMail.objects.get(kind="ends_in_7_days")).text


def test_a_reminder_that_is_late_still_goes_out_once(home):
    end = shared(home).access_ends

    remind_of_ends(at=end - 12 * DAY)
    remind_of_ends(at=end - 11 * DAY)

    assert len(subjects("ends_in_30_days")) == 1


def test_an_owner_who_did_not_share_is_reminded_too(home):
    partner = MembershipFactory(customer=home.customer).user
    MembershipFactory(customer=home.customer, role=Role.VIEWER)

    remind_of_ends(at=shared(home).access_ends - 7 * DAY)

    reminders_written = OutgoingMail.objects.filter(kind="ends_in_7_days")
    assert {mail.user for mail in reminders_written} == {home.owner, partner}


@pytest.mark.parametrize("end", ["+20d", "+3d", None])
def test_nobody_is_reminded_of_an_end_that_was_agreed_later_than_that(home, end):
    grant = shared(home, end=end) if end else shared(home, end="now")

    remind_of_ends(at=AT + timedelta(minutes=1))

    assert not subjects("ends_in_30_days")
    assert len(subjects("ends_in_7_days")) == 0
    assert grant.access_ends is not None


def test_an_end_that_was_moved_is_told_anew(home):
    grant = shared(home)
    remind_of_ends(at=grant.access_ends - 30 * DAY)
    kept = PartDecision("usage_data", frozenset({home.contract.pk}), end=date(2027, 11, 20))
    narrow_grant(grant=grant, decision=(kept,), by=home.owner, at=grant.access_ends - 29 * DAY)

    remind_of_ends(at=Grant.objects.get().access_ends - 7 * DAY)

    assert subjects("ends_in_7_days") == ["Sharing with Sunny Roofs ends on November 20, 2027"]
    assert len(subjects("ends_in_30_days")) == 1


def test_what_was_stopped_is_not_told_to_end(home):
    grant = shared(home)
    revoke_grant(grant=grant, by=home.owner, actor=Actor.CUSTOMER, at=AT + DAY)

    remind_of_ends(at=grant.access_ends - 7 * DAY)

    assert not subjects("ends_in_7_days")


@pytest.mark.parametrize("many", [1, 6])
def test_looking_for_what_is_due_costs_two_queries(home, many, django_assert_num_queries):
    for _each in range(many):
        shared(home)

    with django_assert_num_queries(2):
        remind_of_ends(at=AT + DAY)


@pytest.mark.spec("P-16")
def test_who_shares_without_an_end_hears_once_a_year_who_can_read(home):
    endless(home)
    shared(home)

    for days in (364, 365, 366, 390, 400, 730, 731):
        send_yearly_lists(at=AT + days * DAY)

    assert subjects("yearly") == ["Companies that can read your data"] * 2
    first, second = OutgoingMail.objects.filter(kind="yearly").order_by("pk")
    assert "Green Meter: until you stop it" in words_of(first).text
    assert (first.created, second.created) == (AT + 365 * DAY, AT + 731 * DAY)
    assert home.account.account_number not in words_of(first).text + words_of(first).html


def test_the_yearly_list_can_be_switched_off_and_needs_something_endless(home):
    shared(home)
    quiet = household(owner=UserFactory(yearly_summary=False))
    endless(quiet)

    send_yearly_lists(at=AT + 365 * DAY)

    assert not subjects("yearly")


def test_a_joint_owner_gets_the_yearly_list_too(home):
    partner = MembershipFactory(customer=home.customer).user
    endless(home)

    send_yearly_lists(at=AT + 366 * DAY)

    assert {mail.user for mail in OutgoingMail.objects.filter(kind="yearly")} == {home.owner, partner}


@pytest.mark.spec("P-16")
@pytest.mark.django_db(transaction=True)
def test_four_workers_at_once_write_each_mail_once():
    home = household()
    grant = shared(home)
    endless(home)

    def work(task, at):
        try:
            task(at=at)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as workers:
        list(workers.map(lambda _n: work(remind_of_ends, grant.access_ends - 7 * DAY), range(4)))
        list(workers.map(lambda _n: work(send_yearly_lists, AT + 365 * DAY), range(4)))

    assert len(subjects("ends_in_7_days")) == 1
    assert len(subjects("yearly")) == 1

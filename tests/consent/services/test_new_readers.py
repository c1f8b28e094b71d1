"""A company's first read is told to who wants to know, once (P-39)."""

from datetime import timedelta

import pytest

from accounts.mail.queue import words_of
from accounts.models import NoticeKind, OutgoingMail
from accounts.services.notices import keep_notices
from cdsc_portal.lib.time import clock
from consent.services.reminders import remind_of_ends, tell_of_new_readers
from tests.consent.pages.readers import read
from tests.factories.accounts import household
from tests.factories.consent import ClientFactory, approve, ask

pytestmark = [pytest.mark.django_db, pytest.mark.spec("P-39")]
USAGE = {"type": "usage_data", "start": "-1y", "end": "+1y", "services": "all"}


@pytest.fixture
def home():
    return household()


@pytest.fixture
def grant(home):
    return approve(ask(USAGE, user=home.owner, client=ClientFactory(name="Sunny Roofs")))


def wants(home, *kinds):
    keep_notices(user=home.owner, on=kinds, percent=50, at=clock.now())


def written():
    return list(OutgoingMail.objects.filter(kind=NoticeKind.NEW_READER))


def test_the_first_read_is_told_once_with_a_link_that_ends_such_mail(home, grant):
    wants(home, NoticeKind.NEW_READER)
    read(grant, home.contract)
    read(grant, home.contract)

    tell_of_new_readers(at=clock.now())
    tell_of_new_readers(at=clock.now())

    (mail,) = written()
    assert mail.subject == "Sunny Roofs read your data for the first time"
    assert "/notices/off/" in words_of(mail).text


def test_who_did_not_ask_for_it_is_not_told(home, grant):
    read(grant, home.contract)

    assert tell_of_new_readers(at=clock.now()) == 0
    assert written() == []


@pytest.mark.parametrize("long_before", [False, True])
def test_a_read_is_no_first_where_there_was_one_before_or_nothing_was_there(home, grant, long_before):
    wants(home, NoticeKind.NEW_READER)
    if long_before:
        read(grant, home.contract, at=clock.now() - timedelta(days=5))
    read(grant, home.contract, values=96 if long_before else 0)

    tell_of_new_readers(at=clock.now())

    assert written() == []


def test_a_coming_end_is_told_once_and_not_to_who_turned_that_off(home, grant):
    at = grant.access_ends - timedelta(days=7)
    wants(home)
    remind_of_ends(at=at)
    silent = OutgoingMail.objects.filter(kind="ends_in_7_days").count()
    wants(home, NoticeKind.ENDING)
    for hours in (0, 1):
        remind_of_ends(at=at + timedelta(hours=hours))

    (mail,) = OutgoingMail.objects.filter(kind="ends_in_7_days")
    assert silent == 0
    assert "/notices/off/" in words_of(mail).text

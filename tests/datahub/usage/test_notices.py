"""Use well above what is usual, and gaps, are told to who wants to know, once and without a reading (P-39)."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.mail.queue import words_of
from accounts.models import NoticeKind, OutgoingMail
from accounts.services.notices import keep_notices
from cdsc_portal.lib.time import clock
from datahub.usage.pages.notices import tell_of_use
from tests.factories.accounts import household
from tests.factories.feeds import load_days

pytestmark = [pytest.mark.django_db, pytest.mark.spec("P-39")]
WEEK = timedelta(days=7)


@pytest.fixture
def home():
    return household()


@pytest.fixture
def today():
    return timezone.localdate(clock.now())


def wants(home, *kinds, percent=50):
    keep_notices(user=home.owner, on=kinds, percent=percent, at=clock.now())


def written(kind):
    return [(mail.subject, words_of(mail).text) for mail in OutgoingMail.objects.filter(kind=kind)]


def used(home, today, *, usual, last_week):
    """UTC days: a local day at either end is of both."""
    load_days(home.meter, today - 5 * WEEK - timedelta(days=2), 30, value=usual)
    load_days(home.meter, today - WEEK, 7, value=last_week)


def test_a_week_far_above_the_four_before_is_told_once_without_an_amount(home, today):
    wants(home, NoticeKind.HIGH_USE)
    used(home, today, usual=1000, last_week=1800)

    tell_of_use(at=clock.now())
    tell_of_use(at=clock.now() + timedelta(hours=1))

    ((subject, text),) = written(NoticeKind.HIGH_USE)
    assert subject == "Your use last week was well above what is usual"
    assert "more than 50 percent" in text
    assert not [word for word in ("1800", "kWh") if word in text]
    assert "/notices/off/" in text


@pytest.mark.parametrize(("last_week", "percent"), [(1400, 50), (1800, 100)])
def test_less_than_what_the_person_chose_is_not_told(home, today, last_week, percent):
    wants(home, NoticeKind.HIGH_USE, percent=percent)
    used(home, today, usual=1000, last_week=last_week)

    tell_of_use(at=clock.now())

    assert written(NoticeKind.HIGH_USE) == []


def test_a_week_that_is_not_known_is_not_compared(home, today):
    wants(home, NoticeKind.HIGH_USE)
    load_days(home.meter, today - 5 * WEEK, 20, value=1000)
    load_days(home.meter, today - WEEK, 7, value=9000)

    tell_of_use(at=clock.now())

    assert written(NoticeKind.HIGH_USE) == []


def test_days_without_readings_are_told_once_they_should_have_come(home, today):
    wants(home, NoticeKind.GAP)
    load_days(home.meter, today - 5 * WEEK, 26, value=1000)
    load_days(home.meter, today - timedelta(days=6), 6, value=1000)

    tell_of_use(at=clock.now())
    tell_of_use(at=clock.now() + timedelta(days=1))

    ((subject, text),) = written(NoticeKind.GAP)
    assert subject == "Readings are missing"


def test_the_last_days_are_no_gap_yet_and_nothing_is_told_to_who_did_not_ask(home, today):
    load_days(home.meter, today - 5 * WEEK, 33, value=1000)
    tell_of_use(at=clock.now())
    wants(home, NoticeKind.GAP)
    tell_of_use(at=clock.now())

    assert written(NoticeKind.GAP) == []

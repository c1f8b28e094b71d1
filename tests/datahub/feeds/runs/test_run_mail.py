"""Those who look after feeds hear of a run that went wrong, once, and read nothing of anybody's data."""

import pytest
from django.contrib.auth.models import Permission

from accounts.mail.queue import words_of
from accounts.models import OutgoingMail
from datahub.feeds.runs.run_mail import tell_of_trouble
from datahub.models import FeedRun, RejectedRow, RunStatus
from tests.consent.mail.again import text_sent_again
from tests.datahub.feeds.runs.files import MORNING, bring, usage_file
from tests.factories.accounts import MeterDeviceFactory, StaffFactory, UserFactory
from tests.factories.feeds import FeedFactory, FeedRunFactory
from tests.web.reading import english_in

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _alerts(settings):
    settings.FEED_ALERT_TO = ("feeds@example.com",)
    settings.FEED_ALERT_PERCENT = 10


@pytest.fixture
def feed():
    MeterDeviceFactory(meter_number="M-1")
    return FeedFactory(name="meters", settings={"unit": "Wh", "interval_seconds": "900"}, time_zone="UTC")


def test_a_refused_file_is_told_with_a_link_to_its_run(feed):
    bring(feed, b"nothing of use\n")

    mail = OutgoingMail.objects.get()
    run = FeedRun.objects.get()
    assert (mail.to, mail.kind) == ("feeds@example.com", "feed_run")
    assert mail.subject == "Feed meters: file refused, 0 rows rejected"
    assert f"/admin/datahub/feedrun/{run.pk}/change/" in words_of(mail).text
    assert "march.csv" in words_of(mail).text
    assert "energy account" not in words_of(mail).text + words_of(mail).html


def test_it_is_sent_again_to_who_looks_after_feeds_still(feed, settings):
    bring(feed, b"nothing of use\n")
    mail = OutgoingMail.objects.get()

    again = text_sent_again(mail)
    settings.FEED_ALERT_TO = ("others@example.com",)

    assert again == words_of(mail).text
    assert text_sent_again(mail) == ""


@pytest.mark.parametrize(("rejected", "mails"), [(1, 0), (2, 1)])
def test_rejected_rows_are_told_above_the_share_that_is_set(feed, rejected, mails):
    bring(feed, usage_file("M-1", [1] * (10 - rejected) + ["much"] * rejected))

    assert OutgoingMail.objects.count() == mails


def test_a_feed_may_have_a_share_of_its_own(feed):
    feed.alert_percent = 0
    feed.save()

    bring(feed, usage_file("M-1", [1] * 99 + ["much"]))

    assert OutgoingMail.objects.count() == 1


def test_parked_readings_alone_are_no_trouble(feed):
    bring(feed, usage_file("M-9", [1, 2]))

    assert not OutgoingMail.objects.exists()


def test_one_mail_a_run_however_often_it_ends(feed):
    run = FeedRunFactory(feed=feed, status=RunStatus.HELD, problem="would end 3 of 4 links")
    tell_of_trouble(run=run, at=MORNING)
    run.status = RunStatus.FAILED
    tell_of_trouble(run=run, at=MORNING)

    assert "would end 3 of 4 links" in words_of(OutgoingMail.objects.get()).text


def test_reasons_are_counted_without_what_stood_in_the_file(feed):
    run = FeedRunFactory(feed=feed, rows_read=4, rejected=4, problem="line 3: unknown column 'Ada Lovelace'")
    for line, account in enumerate(("4711", "4712", "4713")):
        RejectedRow.objects.create(
            run=run, line=line, reason=f"account {account} is not known here", text="Ada Lovelace"
        )
    RejectedRow.objects.create(run=run, line=9, reason="'Ada Lovelace' is not a number", text="Ada Lovelace")

    tell_of_trouble(run=run, at=MORNING)

    mail = OutgoingMail.objects.get()
    assert "3 rejected: account … is not known here" in words_of(mail).text
    assert "line 3: unknown column …" in words_of(mail).text
    assert not {"Lovelace", "4711"} & set(
        (words_of(mail).text + words_of(mail).html).replace("'", " ").split()
    )


def test_without_an_address_the_staff_who_may_run_feeds_are_told(feed, settings):
    settings.FEED_ALERT_TO = ()
    runner = UserFactory(is_staff=True)
    runner.user_permissions.add(Permission.objects.get(codename="add_feedrun"))
    head = StaffFactory()
    UserFactory(is_staff=True)
    UserFactory(is_superuser=True, is_staff=True, is_active=False)

    tell_of_trouble(run=FeedRunFactory(feed=feed, status=RunStatus.FAILED), at=MORNING)

    assert set(OutgoingMail.objects.values_list("to", "user")) == {
        (runner.email, runner.pk),
        (head.email, head.pk),
    }


@pytest.mark.parametrize(("to", "staff", "language"), [
    ("EVA@example.com", True, "es"),
    ("eva@example.com", False, "en"),
    ("feeds@example.com", True, "en"),
])  # fmt: skip
def test_the_mail_is_in_the_language_of_the_member_of_staff_who_has_the_address(
    feed, settings, to, staff, language
):
    settings.FEED_ALERT_TO = (to,)
    UserFactory(email="eva@example.com", is_staff=staff, language="es")

    run = FeedRunFactory(feed=feed, file_name="a.csv", status=RunStatus.REFUSED, rows_read=12345)
    tell_of_trouble(run=run, at=MORNING)

    mail = OutgoingMail.objects.get()
    assert (mail.to.lower(), mail.language) == (to.lower(), language)
    expected = {
        "en": ("Feed meters: file refused", "Rows read: 12,345", "See the run"),
        "es": ("Fuente de datos meters: archivo rechazado", "Filas leídas: 12,345", "Ver la carga"),
    }
    for words in expected[language]:
        assert words in f"{mail.subject}\n{words_of(mail).text}"
    assert (english_in(words_of(mail).html) == []) is (language == "es")

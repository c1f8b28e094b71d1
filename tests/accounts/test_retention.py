"""Mail, help cases, the log and proof of accounts go when the rules say, and no sooner."""

from datetime import timedelta

import pytest
from dateutil.relativedelta import relativedelta
from django.contrib.admin.models import LogEntry

from accounts.models import HelpCase, OutgoingMail, StaffAction
from accounts.tasks import delete_old_rows
from cdsc_portal.lib.db import retention
from cdsc_portal.lib.time import clock
from tests.factories.accounts import StaffFactory

pytestmark = pytest.mark.django_db


def mail(key, sent_at):
    return OutgoingMail.objects.create(kind="receipt", dedup_key=key, to="ann@example.com", sent_at=sent_at)


def test_mail_goes_90_days_after_it_was_sent_and_never_unsent(monkeypatch):
    monkeypatch.setattr(retention, "_AT_ONCE", 2)
    at = clock.now()
    for number in range(5):
        mail(f"old{number}", at - timedelta(days=90, minutes=1))
    young, unsent = mail("young", at - timedelta(days=89)), mail("unsent", None)
    OutgoingMail.objects.filter(pk=unsent.pk).update(created=at - timedelta(days=900))

    assert delete_old_rows() == 5

    assert set(OutgoingMail.objects.all()) == {young, unsent}
    assert delete_old_rows() == 0


def test_help_cases_and_the_admins_log_go_after_two_years():
    at = clock.now()
    old, young = at - relativedelta(years=2, days=1), at - relativedelta(years=2) + timedelta(days=1)
    for moment in (old, young):
        HelpCase.objects.create(topic="other", text="t", email="ann@example.com", created=moment)
        entry = LogEntry.objects.create(user=StaffFactory(), action_flag=1, object_repr="x")
        LogEntry.objects.filter(pk=entry.pk).update(action_time=moment)

    assert delete_old_rows() == 2

    assert HelpCase.objects.get().created == young
    assert LogEntry.objects.get().action_time == young


def test_the_log_of_staff_goes_by_whole_months_after_ten_years():
    from_then = retention.proof_kept_from(clock.now())
    kept = [
        StaffAction.objects.create(at=moment, by=StaffFactory(), verb="act", model="a.b", reason="asked")
        for moment in (from_then - timedelta(seconds=1), from_then)
    ][1]

    assert delete_old_rows() == 1

    assert StaffAction.objects.get() == kept

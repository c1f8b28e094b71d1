"""Files of records that staff take, and mail that they send once more."""

import pytest
from django.contrib.auth.models import Permission

from accounts.mail.queue import words_of
from accounts.models import OutgoingMail, StaffAction
from cdsc_portal.lib.time import clock
from consent.models import Disclosure, Grant
from tests.factories.accounts import UserFactory, household
from tests.factories.consent import approve, ask

pytestmark = pytest.mark.django_db


def shared() -> Grant:
    grant = approve(ask({"type": "usage_data", "services": "all"}, user=household().owner))
    Disclosure.objects.create(grant=grant, scope="usage_data", resource="usage_data", value_count=96)
    return grant


def ticked(action: str, *rows, **more) -> dict[str, object]:
    return {"action": action, "_selected_action": [row.pk for row in rows], **more}


@pytest.mark.parametrize("name", ["grant", "disclosure", "consentrequest", "receipt"])
def test_a_file_of_records_has_a_line_for_each_row_and_is_logged(staff, name):
    grant = shared()
    row = {
        "grant": grant,
        "disclosure": grant.disclosures.get(),
        "consentrequest": grant.request,
        "receipt": grant.receipts.get(),
    }[name]

    answer = staff.post(f"/admin/consent/{name}/", ticked("as_csv", row))

    lines = b"".join(answer.streaming_content).decode().splitlines()
    logged = StaffAction.objects.get()
    assert len(lines) == 2
    assert grant.client.name in lines[1]
    digests = (grant.request.key_digest, grant.receipts.get().addresses.get().digest)
    assert not [digest for digest in digests if digest in "".join(lines)]
    assert (logged.verb, logged.model, logged.what) == ("export", f"consent.{name}", "1 rows as CSV")


def test_who_may_not_export_gets_no_file(client):
    clerk = UserFactory(is_staff=True)
    clerk.user_permissions.set(Permission.objects.filter(codename="view_grant"))
    client.force_login(clerk)
    grant = shared()

    answer = client.post("/admin/consent/grant/", ticked("as_csv", grant))

    assert not answer.streaming
    assert not StaffAction.objects.exists()


def test_mail_goes_out_again_to_the_address_of_now_once_a_reason_is_given(staff):
    grant = shared()
    mail = OutgoingMail.objects.get()
    OutgoingMail.objects.update(sent_at=clock.now(), attempts=1, sealed="")
    grant.user.email = "new@example.com"
    grant.user.save()
    url = "/admin/accounts/outgoingmail/"

    page = staff.post(url, ticked("send_again", mail)).content.decode()
    untouched = OutgoingMail.objects.get().sent_at
    staff.post(url, ticked("send_again", mail, confirmed="yes", reason="never came"))

    again = OutgoingMail.objects.get()
    assert "1 mail goes out again" in page
    assert untouched is not None
    assert (again.sent_at, again.attempts, again.to) == (None, 0, "new@example.com")
    assert "/receipts/" in words_of(again).text and words_of(again).text != words_of(mail).text
    assert grant.receipts.get().addresses.count() == 2
    assert StaffAction.objects.get().reason == "never came"


def test_mail_that_did_not_go_out_stands_first(staff):
    shared()
    OutgoingMail.objects.update(sent_at=clock.now())
    shared()

    listed = staff.get("/admin/accounts/outgoingmail/").context["cl"].result_list

    assert [mail.sent_at is None for mail in listed] == [True, False]


def test_the_customer_reads_only_what_was_written_for_them_about_a_stop(staff):
    grant = shared()

    staff.post(
        f"/admin/consent/grant/{grant.pk}/stop/",
        {"reason": "court order 4711", "words": "A court told us to stop."},
    )

    mail = OutgoingMail.objects.get(kind="stopped")
    assert "A court told us to stop." in words_of(mail).text
    assert "4711" not in words_of(mail).text + words_of(mail).html
    assert StaffAction.objects.get().reason == "court order 4711"

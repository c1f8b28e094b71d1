"""Files for third parties in admin (R-36)."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from accounts.models import StaffAction
from consent.models import Grant, ProvidedFile
from tests.consent.api.cds.grant_admin import files_party, token_for
from tests.consent.api.cds.third_party import bearer, third_party
from tests.factories.accounts import StaffFactory
from tests.support.queries import count_queries

pytestmark = pytest.mark.django_db
LIST = "/admin/consent/providedfile/"


@pytest.fixture
def staff(client, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    client.force_login(StaffFactory())
    return client


def upload(staff, party, **fields):
    sent = {"registration": party.registration.pk, "name": "rates.pdf", "description": "", **fields}
    sent.setdefault("upload", SimpleUploadedFile("../../C:\\evil\r\n.exe", b"%PDF-1.7 rates"))
    return staff.post(f"{LIST}add/", sent)


def page(file, act="change"):
    return f"{LIST}{file.pk}/{act}/"


@pytest.mark.spec("R-36")
def test_staff_upload_a_file_let_it_be_fetched_and_take_it_back(staff):
    party = files_party(staff)
    assert upload(staff, party).status_code == 302
    file = ProvidedFile.objects.get()
    assert (file.name, file.size, file.mime_type) == ("rates.pdf", 14, "application/pdf")
    assert not Grant.objects.filter(kind="files").exists()

    confirm = staff.get(page(file, "grant")).content.decode()
    assert "Demo App" in confirm and not Grant.objects.filter(kind="files").exists()
    staff.post(page(file, "grant"), {"reason": "They asked for the rates."})
    grant = Grant.objects.get(kind="files")
    headers = bearer(token_for(party, grant))
    before = staff.get(f"/cds/files/{file.public_id}", headers=headers).status_code
    assert grant.public_id in staff.get(page(file)).content.decode()
    staff.post(page(file, "take-back"), {"reason": "The wrong one."})

    after = staff.get(f"/cds/files/{file.public_id}", headers=headers).status_code
    assert (before, after) == (200, 401)
    acts = StaffAction.objects.filter(verb="act").values_list("what", "reason")
    assert set(acts) == {
        ("Let it be fetched", "They asked for the rates."),
        ("Take it back", "The wrong one."),
    }


def test_content_and_third_party_stay_while_texts_are_corrected(staff):
    party = files_party(staff)
    upload(staff, party)
    file = ProvidedFile.objects.get()
    fields = {"name": "new.csv", "description": "Rates.", "registration": 0, "upload": b"x"}

    assert staff.post(page(file), fields).status_code == 302

    changed = ProvidedFile.objects.get()
    assert (changed.name, changed.description, changed.mime_type) == ("new.csv", "Rates.", "text/csv")
    assert (changed.registration, changed.digest) == (file.registration, file.digest)
    assert changed.modified > changed.created


@pytest.mark.parametrize("name", ["", "a\nb", "a\u202eb.pdf", "x" * 201])
def test_a_name_that_is_none_is_refused(staff, name):
    answer = upload(staff, files_party(staff), name=name)

    assert answer.status_code == 200
    assert not ProvidedFile.objects.exists()


def test_a_third_party_that_did_not_register_for_files_gets_none(staff):
    party = third_party(staff)
    upload(staff, party)

    answer = staff.post(page(ProvidedFile.objects.get(), "grant"), {"reason": "Why not."}, follow=True)

    assert "is not registered for files" in answer.content.decode()
    assert not Grant.objects.filter(kind="files").exists()


def test_taking_the_file_is_logged(staff):
    upload(staff, files_party(staff))
    file = ProvidedFile.objects.get()

    answer = staff.get(page(file, "content"))

    assert b"".join(answer.streaming_content) == b"%PDF-1.7 rates"
    assert answer["Content-Disposition"] == 'attachment; filename="rates.pdf"'
    assert StaffAction.objects.filter(verb="export").count() == 1


def test_who_may_only_look_grants_nothing(staff):
    upload(staff, files_party(staff))
    file = ProvidedFile.objects.get()
    staff.force_login(StaffFactory(is_superuser=False))

    answers = [staff.post(page(file, act), {"reason": "x"}).status_code for act in ("grant", "take-back")]

    assert answers == [403, 403]
    assert staff.get(page(file, "content")).status_code == 403


def test_the_list_costs_as_many_queries_for_many_as_for_few(staff):
    party = files_party(staff)
    upload(staff, party)
    few = count_queries(lambda: staff.get(LIST))
    for _ in range(3):
        upload(staff, party)

    assert count_queries(lambda: staff.get(LIST)) == few

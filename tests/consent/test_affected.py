"""Who was affected by a breach, and the runbooks that say how to find out."""

import csv
import io
import re
import shlex
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import StaffAction, SupportSession
from cdsc_portal.lib.time import clock
from consent.models import Disclosure
from consent.services.credentials import end_credentials
from tests.consent.api.reader import Reader
from tests.factories.accounts import StaffFactory, household
from tests.factories.sign_in import with_app
from tools.files import ROOT

pytestmark = pytest.mark.django_db


def affected(*arguments):
    printed = io.StringIO()
    call_command("affected", *arguments, stdout=printed, stderr=io.StringIO())
    return list(csv.DictReader(io.StringIO(printed.getvalue())))


@pytest.fixture
def homes():
    return household(), household()


@pytest.fixture
def reader(homes):
    reader = Reader()
    reader.granted(*(home.contract for home in homes))
    return reader


def release(reader, *homes, at=None, values=96):
    return Disclosure.objects.create(
        grant=reader.grant,
        scope="usage_data",
        resource="usage_data",
        contracts=[home.contract.pk for home in homes],
        value_count=values,
        released_at=at or clock.now() - timedelta(minutes=5),
    )


def test_what_left_to_a_third_party_is_told_by_customer_and_service(reader, homes):
    release(reader, homes[0], at=clock.now() - timedelta(days=2))
    release(reader, *homes, values=4)
    stranger = Reader()
    stranger.granted(homes[1].contract)
    release(stranger, homes[1])

    rows = affected("--client", reader.client.client_id)

    shown = [(row["customer_number"], row["contract_number"], row["releases"], row["values"]) for row in rows]
    expected = [
        (homes[0].customer.customer_number, homes[0].contract.contract_number, "2", "100"),
        (homes[1].customer.customer_number, homes[1].contract.contract_number, "1", "4"),
    ]
    assert shown == sorted(expected)
    assert {row["client_id"] for row in rows} == {reader.client.client_id}
    since = (clock.now() - timedelta(days=1)).isoformat()
    assert [row["releases"] for row in affected("--client", reader.client.client_id, "--since", since)] == [
        "1",
        "1",
    ]
    until = (clock.now() - timedelta(days=1)).isoformat()
    (former,) = affected("--client", reader.client.client_id, "--until", until)
    assert former["contract_number"] == homes[0].contract.contract_number


def test_of_a_secret_it_is_what_left_while_it_worked(reader, homes):
    (credential,) = reader.client.credentials.all()
    now = clock.now()
    credential.created = now - timedelta(days=3)
    credential.save()
    release(reader, homes[0], at=now - timedelta(days=5))
    release(reader, homes[0], at=now - timedelta(days=2))
    end_credentials(client=reader.client, credentials=[credential], at=now - timedelta(days=1))
    release(reader, homes[1], at=now - timedelta(minutes=1))

    (row,) = affected("--credential", credential.public_id)

    assert (row["contract_number"], row["releases"]) == (homes[0].contract.contract_number, "1")
    assert (
        affected("--credential", credential.public_id, "--since", now.isoformat(), "--until", "2999-01-01")
        == []
    )


def test_of_one_of_staff_it_is_what_they_opened_and_did(homes):
    person, other, now = StaffFactory(), StaffFactory(), clock.now()
    customer = homes[0].customer
    for by in (person, other):
        SupportSession.objects.create(
            customer=customer, person=homes[0].owner, by=by, reason="Asked", at=now, ends=now
        )
    StaffAction.objects.create(
        by=person, verb="export", model="consent.disclosure", at=now - timedelta(hours=1)
    )
    StaffAction.objects.create(
        by=person, verb="change", model="accounts.customer", key=str(customer.pk), at=now - timedelta(days=9)
    )

    rows = affected(
        "--staff",
        person.email.upper(),
        "--since",
        (now - timedelta(days=1)).isoformat(),
        "--until",
        "2999-01-01",
    )

    assert [(row["verb"], row["customer_number"]) for row in rows] == [
        ("export", ""),
        ("support session", customer.customer_number),
    ]
    (first, *_rest) = affected("--staff", person.email, "--until", "2999-01-01")
    assert (first["verb"], first["customer_number"]) == ("change", customer.customer_number)


def test_nobody_is_named_and_queries_do_not_grow(reader, homes):
    release(reader, homes[0])
    arguments = ("--client", reader.client.client_id)
    with CaptureQueriesContext(connection) as few:
        affected(*arguments)
    release(reader, *homes)

    with CaptureQueriesContext(connection) as many:
        affected(*arguments)
    assert len(many) == len(few) == 3
    assert homes[0].customer.name not in str(affected(*arguments))


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "--client --credential --staff"),
        (("--client", "nobody"), "nobody is unknown"),
        (("--credential", "none"), "none is unknown"),
        (("--staff", "nobody@example.com"), "nobody@example.com is unknown"),
        (("--client", "a", "--since", "yesterday"), "yesterday is no time"),
        (("--client", "a", "--since", "2999-01-01"), "--since must lie before --until"),
    ],
)
def test_what_cannot_be_read_is_refused_in_words(arguments, words):
    with pytest.raises(CommandError, match=re.escape(words)):
        affected(*arguments)


def test_the_runbooks_commands_run_as_they_stand(reader, homes, capsys):
    document = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    chapter = document.partition("\n## When something leaked\n")[2].partition("\n## ")[0]
    commands = re.findall(r"`cdsc-portal ([^`]+)`", chapter)
    person = with_app(StaffFactory())
    (credential,) = reader.client.credentials.all()
    values = {
        "CLIENT_ID": reader.client.client_id,
        "CREDENTIAL_ID": credential.public_id,
        "ADDRESS": person.email,
    }

    for command in commands:
        call_command(*(values.get(word, word) for word in shlex.split(command)))

    assert {command.split()[0] for command in commands} == {
        "affected",
        "lost_second_step",
        "reseal",
        "second_step_link",
    }
    assert Disclosure.objects.count() == 0
    capsys.readouterr()

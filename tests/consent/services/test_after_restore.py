"""A restored backup opens nothing that was stopped or narrowed since: the journal of consents is done again."""

import json
import runpy
from datetime import UTC, date, datetime, timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import transaction

from accounts.models import OutgoingMail
from cdsc_portal.restored import why_not_to_serve
from consent.models import Actor, ClientStatus, Credential, Grant
from consent.resolution import Resolution
from consent.services.after_restore import replay_journal, unmet_entries
from consent.services.clients import reinstate_client, suspend_client
from consent.services.credentials import replace_leaked_secret
from consent.services.decision import PartDecision
from consent.services.journal import journal_client
from consent.services.narrow import narrow_grant
from consent.services.revoke import resume_grant, revoke_grant, suspend_grant
from consent.transitions import GrantStatus
from tests.factories.accounts import StaffFactory, add_service, household
from tests.factories.consent import approve, ask

pytestmark = [pytest.mark.django_db, pytest.mark.spec("X-14")]

AT = datetime(2026, 11, 24, 16, 0, tzinfo=UTC)
LATER = AT + timedelta(hours=1)


@pytest.fixture(autouse=True)
def journal(settings, tmp_path):
    settings.CONSENT_JOURNAL = tmp_path / "journal"
    return settings.CONSENT_JOURNAL


@pytest.fixture
def home():
    return household()


@pytest.fixture
def second(home):
    return add_service(owner=home.owner, account=home.account)


@pytest.fixture
def grant(home, second):
    usage = {"type": "usage_data", "start": "-1y", "end": "+1y", "services": "all"}
    bills = {"type": "bill_data", "start": "-1y", "end": "+1y", "services": "all"}
    return approve(ask(usage, bills, user=home.owner, at=AT), at=AT)


def restore_without(work, journal):
    """Do `work`, then go back to before it, as a backup on another server would."""
    saved = transaction.savepoint()
    work()
    transaction.savepoint_rollback(saved)
    for path in journal.glob("*.jsonl"):
        entries = [json.loads(line) for line in path.read_text().splitlines() if line]
        path.write_text("".join(json.dumps({**entry, "server": "4711"}) + "\n" for entry in entries))


def stop(grant, home):
    revoke_grant(grant=Grant.objects.get(pk=grant.pk), by=home.owner, actor=Actor.CUSTOMER, at=LATER)


def test_a_grant_that_was_stopped_ends_again_with_mail_and_only_once(grant, home, journal):
    restore_without(lambda: stop(grant, home), journal)
    grant.refresh_from_db()
    assert (grant.status, unmet_entries().count) == (GrantStatus.ACTIVE, 1)

    replayed = replay_journal(at=LATER)

    grant.refresh_from_db()
    assert (grant.status, replayed.statuses) == (GrantStatus.REVOKED, 1)
    assert OutgoingMail.objects.filter(kind="stopped").exists()
    assert grant.events.order_by("-pk").first().actor == Actor.SYSTEM
    assert (unmet_entries().count, replay_journal(at=LATER).statuses) == (0, 0)


def test_a_grant_that_was_narrowed_opens_exactly_as_little_again(grant, home, journal):
    decision = PartDecision("usage_data", frozenset({home.contract.pk}), start=date(2026, 6, 1))
    restore_without(lambda: narrow_grant(grant=grant, decision=(decision,), by=home.owner, at=LATER), journal)
    assert Grant.objects.get().scope == "usage_data bill_data"

    replayed = replay_journal(at=LATER)

    narrowed = Grant.objects.get()
    detail = narrowed.authorization_details[0]
    assert (replayed.narrowed, replayed.paused, narrowed.status) == (1, 0, GrantStatus.ACTIVE)
    assert (narrowed.scope, detail["services"]) == ("usage_data", [home.contract.contract_number])
    assert detail["start"] == "2026-06-01T07:00:00Z"
    assert unmet_entries().count == 0


def test_a_grant_that_cannot_be_narrowed_to_the_letter_is_paused(grant, home, journal):
    decision = PartDecision("usage_data", frozenset({home.contract.pk}))
    restore_without(lambda: narrow_grant(grant=grant, decision=(decision,), by=home.owner, at=LATER), journal)
    for path in journal.glob("*.jsonl"):
        path.write_text(path.read_text().replace('"digest": "', '"digest": "other'))

    replayed = replay_journal(at=LATER)

    assert (replayed.narrowed, replayed.paused) == (0, 1)
    assert Grant.objects.get().status == GrantStatus.SUSPENDED


def test_the_last_word_about_a_pause_counts(grant, journal):
    agent = StaffFactory()

    def pause_and_resume():
        suspend_grant(grant=grant, by=agent, at=LATER, reason="asked by phone")
        resume_grant(grant=grant, by=agent, at=LATER, reason="clear")

    restore_without(pause_and_resume, journal)

    assert unmet_entries().count == 0


def test_a_third_party_is_held_back_again_and_a_leaked_secret_ends_again(grant, home, journal):
    client = grant.client
    suspended = restore_without(lambda: suspend_client(client=client), journal)
    restore_without(lambda: replace_leaked_secret(client=client, by=home.owner, at=LATER), journal)

    replayed = replay_journal(at=LATER)

    client.refresh_from_db()
    assert suspended is None
    assert (replayed.clients, replayed.credentials, client.status) == (1, 1, ClientStatus.SUSPENDED)
    assert Credential.objects.get(client=client).expires == LATER
    reinstate_client(client=client)
    assert unmet_entries().count == 0


def test_a_client_that_was_disabled_for_good_is_so_again(grant, journal):
    def disable():
        grant.client.status = ClientStatus.DISABLED
        grant.client.save()
        journal_client(grant.client)

    restore_without(disable, journal)

    assert replay_journal(at=LATER).clients == 1
    grant.client.refresh_from_db()
    assert (grant.client.status, grant.client.status_options) == (ClientStatus.DISABLED, ["disabled"])


@pytest.mark.django_db(transaction=True)
def test_what_was_rolled_back_says_nothing():
    home = household()
    usage = {"type": "usage_data", "start": "-1y", "end": "+1y", "services": "all"}
    grant = approve(ask(usage, user=home.owner, at=AT), at=AT)
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        stop(grant, home)
        raise ZeroDivisionError

    assert unmet_entries().count == 0
    assert why_not_to_serve() == ""


@pytest.mark.django_db(transaction=True)
def test_what_was_rolled_back_hides_nothing_that_was_committed_before(grant, home, second):
    before, agent = Grant.objects.get(), StaffFactory()
    both, first = frozenset({home.contract.pk, second.contract.pk}), frozenset({home.contract.pk})
    suspend_grant(grant=grant, by=agent, at=LATER, reason="asked by phone")
    narrow_grant(grant=grant, decision=(PartDecision("usage_data", both),), by=home.owner, at=LATER)

    with pytest.raises(ZeroDivisionError), transaction.atomic():
        resume_grant(grant=grant, by=agent, at=LATER, reason="clear")
        narrow_grant(grant=grant, decision=(PartDecision("usage_data", first),), by=home.owner, at=LATER)
        raise ZeroDivisionError
    # a dump of before, loaded into the same server
    Grant.objects.update(status=before.status, authorization_details=before.authorization_details)

    unmet = unmet_entries()
    assert (len(unmet.statuses), len(unmet.contents)) == (1, 1)


def test_a_web_server_does_not_start_while_the_database_is_behind(grant, home, journal, capfd):
    restore_without(lambda: stop(grant, home), journal)

    with pytest.raises(SystemExit) as ended:
        runpy.run_module("cdsc_portal.wsgi")

    assert ended.value.code == 3
    assert "1 entries of CONSENT_JOURNAL are not in the database" in capfd.readouterr().err


def test_an_entry_that_a_full_disk_cut_off_is_passed_over(grant, home, journal):
    restore_without(lambda: stop(grant, home), journal)
    (path,) = journal.glob("*.jsonl")
    path.write_text(path.read_text() + '{"at": "2026-11-24T17:00:00Z", "grant": "')

    assert unmet_entries().count == 1


def test_a_journal_that_cannot_be_written_keeps_nobody_from_stopping(grant, home, settings, tmp_path, capfd):
    (tmp_path / "full").write_text("a file where the folder should be")
    settings.CONSENT_JOURNAL = tmp_path / "full"

    stop(grant, home)

    assert Grant.objects.get().status == GrantStatus.REVOKED
    assert "journal.not_written" in capfd.readouterr().out


def test_entries_are_private_and_name_nobody(grant, home, journal):
    stop(grant, home)

    (path,) = journal.glob("*.jsonl")
    assert (path.stat().st_mode & 0o777, journal.stat().st_mode & 0o777) == (0o600, 0o700)
    text = path.read_text()
    assert home.owner.email not in text
    assert home.contract.contract_number not in text


def test_without_a_journal_all_grants_are_paused_until_an_administrator_lets_them_go_on(grant, settings):
    settings.CONSENT_JOURNAL = None
    output = StringIO()

    call_command("after_restore", stdout=output)
    paused = Grant.objects.get().status
    call_command("after_restore", "--resume", stdout=output)

    assert (paused, Grant.objects.get().status) == (GrantStatus.SUSPENDED, GrantStatus.ACTIVE)
    assert output.getvalue().splitlines() == [
        "1 grants paused: there is no CONSENT_JOURNAL",
        "1 grants go on",
    ]


def test_the_command_says_how_far_behind_and_what_it_did(grant, home, journal):
    restore_without(lambda: stop(grant, home), journal)
    output = StringIO()

    with pytest.raises(SystemExit):
        call_command("after_restore", "--look", stdout=output)
    call_command("after_restore", stdout=output)
    call_command("after_restore", "--look", stdout=output)

    first, second, third = output.getvalue().splitlines()
    assert first.startswith("1 entries") and third.startswith("0 entries")
    assert second.startswith("1 grants ended or paused again, 0 narrowed again")


@pytest.mark.spec("P-29")
def test_readings_that_became_coarser_and_fewer_are_so_again(grant, home, second, journal):
    parts = {part.scope: part for part in grant.parts.all()}
    pair = (home.contract.pk, home.meter.pk)
    kept = frozenset({home.contract.pk, second.contract.pk})
    decision = (PartDecision("usage_data", kept, resolution=Resolution.DAILY, meters=frozenset({pair})),)
    restore_without(lambda: narrow_grant(grant=grant, decision=decision, by=home.owner, at=LATER), journal)
    parts["usage_data"].refresh_from_db()
    assert (parts["usage_data"].resolution, parts["usage_data"].meters) == ("", [])

    replay_journal(at=LATER)

    parts["usage_data"].refresh_from_db()
    assert (parts["usage_data"].resolution, parts["usage_data"].meters) == ("daily", [list(pair)])

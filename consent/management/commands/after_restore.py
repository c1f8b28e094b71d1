"""manage.py after_restore [--resume | --look]"""

from argparse import ArgumentParser

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from cdsc_portal.lib.time import clock
from consent.services.after_restore import (
    pause_open_grants,
    replay_journal,
    resume_paused_grants,
    unmet_entries,
)


class Command(BaseCommand):
    help = (
        "After the database was restored from a backup, before web servers start: end, narrow and pause again what the "
        "journal of consents says. Without CONSENT_JOURNAL pause all grants. It may be killed and run again."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        choice = parser.add_mutually_exclusive_group()
        choice.add_argument(
            "--look", action="store_true", help="only say how far the database is behind; 1 if it is"
        )
        choice.add_argument(
            "--resume", action="store_true", help="let the grants go on that this command paused"
        )

    def handle(self, *, look: bool, resume: bool, **_options: object) -> None:
        try:
            if look:
                self._look()
            elif resume:
                self.stdout.write(f"{resume_paused_grants(at=clock.now())} grants go on")
            elif settings.CONSENT_JOURNAL is None:
                self.stdout.write(
                    f"{pause_open_grants(at=clock.now())} grants paused: there is no CONSENT_JOURNAL"
                )
            else:
                self._replay()
        except OSError as error:
            raise CommandError(f"CONSENT_JOURNAL: cannot read {error.filename}: {error.strerror}") from error

    def _look(self) -> None:
        behind = unmet_entries().count
        self.stdout.write(f"{behind} entries of the journal are not in the database")
        if behind:
            raise SystemExit(1)

    def _replay(self) -> None:
        replayed = replay_journal(at=clock.now())
        self.stdout.write(
            f"{replayed.statuses} grants ended or paused again, {replayed.narrowed} narrowed again, "
            f"{replayed.paused} paused for staff to look at, {replayed.clients} third parties held back again, "
            f"{replayed.credentials} secrets ended again"
        )

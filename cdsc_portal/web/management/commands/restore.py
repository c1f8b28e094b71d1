"""manage.py restore DIR"""

from argparse import ArgumentParser
from pathlib import Path

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from cdsc_portal.backups.folder import BackupError, load_backup


class Command(BaseCommand):
    help = (
        "Fill an empty database and the storage from a backup, bring it up to this release, and do again what was "
        "stopped since (after_restore). All processes are stopped meanwhile."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", type=Path)

    def handle(self, *, folder: Path, **_options: object) -> None:
        try:
            count = load_backup(folder)
        except (BackupError, OSError) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"The database and {count} files are restored")
        call_command("migrate", verbosity=0, interactive=False)
        call_command("after_restore", stdout=self.stdout, stderr=self.stderr)

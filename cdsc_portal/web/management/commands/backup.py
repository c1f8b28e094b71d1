"""manage.py backup DIR"""

from argparse import ArgumentParser
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from cdsc_portal.backups.folder import BackupError, write_backup


class Command(BaseCommand):
    help = (
        "Write database and files, as they are at one point, into a new folder. The server goes on meanwhile. "
        "CONSENT_JOURNAL is kept apart: it must be newer than any backup."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", type=Path, help="is made, for its owner alone")

    def handle(self, *, folder: Path, **_options: object) -> None:
        try:
            manifest = write_backup(folder)
        except (BackupError, OSError) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{len(manifest.digests)} files, as of {manifest.at}")
        for name in manifest.absent:
            self.stderr.write(f"A row names a file that is not stored: {name}")

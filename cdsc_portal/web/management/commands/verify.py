"""manage.py verify DIR"""

from argparse import ArgumentParser
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from cdsc_portal.backups.folder import BackupError, problems_of, read_manifest


class Command(BaseCommand):
    help = "Say whether a backup can be restored: each file as it was written, the dump readable."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", type=Path)

    def handle(self, *, folder: Path, **_options: object) -> None:
        try:
            problems, manifest = problems_of(folder), read_manifest(folder)
        except (BackupError, OSError) as error:
            raise CommandError(str(error)) from error
        if problems:
            raise CommandError("\n".join(problems))
        self.stdout.write(
            f"{len(manifest.digests)} files as they were written, of release {manifest.release}, as of {manifest.at}"
        )

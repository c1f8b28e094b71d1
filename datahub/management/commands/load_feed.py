"""manage.py load_feed --feed NAME FILE_OR_FOLDER [--wait] [--here]"""

import time
from argparse import ArgumentParser
from datetime import datetime
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from cdsc_portal.lib.runtime.malloc import limit_arenas
from cdsc_portal.lib.time import clock
from datahub.feeds.loading.attachments import zip_of_folder
from datahub.feeds.runs.feed_status import counts_in_words, progress_in_words
from datahub.feeds.runs.life_cycle import PENDING, start_run
from datahub.feeds.runs.run_executor import execute_due_runs
from datahub.models import Feed, FeedRun, RunStatus

_BAR = 30
_WIDTH = 120  # each line is as wide, so that it covers the line before
_PAUSE = 0.3  # seconds between two looks
_EXIT = {RunStatus.REFUSED: 2, RunStatus.FAILED: 2, RunStatus.HELD: 3}


class Command(BaseCommand):
    help = (
        "Bring a file in through a feed. Exit status with --wait or --here: 0 all taken (or parked until their meter "
        "is known), 1 rows were rejected, 2 refused or failed, 3 held for a confirmation."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help="a file, or a folder with a file of bills and its PDFs")
        parser.add_argument("--feed", required=True, help="name of a registered feed")
        parser.add_argument(
            "--version-at", type=datetime.fromisoformat, help="the file's own time, with an offset"
        )
        how = parser.add_mutually_exclusive_group()
        how.add_argument(
            "--wait", action="store_true", help="show the worker's progress until the run is over"
        )
        how.add_argument("--here", action="store_true", help="load in this process, without a worker")

    def handle(self, *, file: Path, feed: str, version_at: datetime | None, **options: bool) -> None:
        registered = Feed.objects.filter(name=feed).first()
        if registered is None:
            known = ", ".join(Feed.objects.values_list("name", flat=True)) or "none"
            raise CommandError(f"no feed is named {feed}; registered: {known}")
        if version_at is not None and version_at.tzinfo is None:
            raise CommandError("--version-at needs an offset, e.g. 2026-03-01T06:00:00Z")
        try:
            folder = file.is_dir()
            with zip_of_folder(file) if folder else file.open("rb") as content:
                run = start_run(
                    feed=registered,
                    file=content,
                    name=f"{file.resolve().name}.zip" if folder else file.name,
                    by=None,
                    at=clock.now(),
                    version_at=version_at,
                )
        except OSError as error:
            raise CommandError(f"{file}: {error.strerror}") from error
        if options["here"]:
            limit_arenas()  # no thread has started yet
            execute_due_runs(run_id=run.pk)
        if not options["wait"] and not options["here"]:
            self.stdout.write(f"run {run.public_id} is {run.get_status_display()}")
            return
        run.refresh_from_db()
        while run.status in PENDING:
            self._show(run, ending="\r" if self.stdout.isatty() else "")
            time.sleep(_PAUSE)
            run.refresh_from_db()
        self._show(run, ending="\n")
        for row in run.rejected_rows.all()[:10]:
            self.stdout.write(f"  {row}")
        if run.problem:
            self.stdout.write(f"  {run.problem}")
        if run.skipped_files:
            self.stdout.write(f"  skipped, no data: {', '.join(run.skipped_files)}")
        status = _EXIT.get(RunStatus(run.status), 1 if run.rejected else 0)
        if status:
            raise SystemExit(status)

    def _show(self, run: FeedRun, *, ending: str) -> None:
        if not ending:
            return  # no terminal: the outcome is enough
        filled = round(_BAR * run.share_done)
        bar = "#" * filled + "." * (_BAR - filled)
        line = f"[{bar}] {run.get_status_display()}: {counts_in_words(run)}"
        if run.status == RunStatus.RUNNING:
            line = f"[{bar}] {progress_in_words(run)}: {counts_in_words(run)}"
        self.stdout.write(line.ljust(_WIDTH), ending=ending)
        self.stdout.flush()

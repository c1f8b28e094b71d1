"""manage.py check_feed_file FILE [--format NAME] [--mapping FILE] [--timezone ZONE] [--setting KEY=VALUE] [--json]"""

from argparse import ArgumentParser
from collections.abc import Iterable
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from cdsc_portal.lib.json.reader import read_json
from datahub.feeds.runs.dry_run import FileAccount, FileRefusedError, check_file
from datahub.rows.base import FeedStructureError

_REFUSED = 2
_SHOWN = 20  # rejections in the table


class Command(BaseCommand):
    help = (
        "Read a file as a feed would and say what it holds. Nothing is changed and no database is needed. "
        "Exit status: 0 all rows can be taken, 1 rows are rejected, 2 the file is refused."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument(
            "--format", default="", help="its name; without it the file is known by its beginning"
        )
        parser.add_argument("--mapping", type=Path, help="JSON that says how a CSV is laid out")
        parser.add_argument("--timezone", default=settings.TIME_ZONE, help="of times without an offset")
        parser.add_argument("--setting", dest="pairs", action="append", default=[], metavar="KEY=VALUE")
        parser.add_argument("--json", dest="as_json", action="store_true")

    def handle(
        self,
        *,
        file: Path,
        format: str,
        mapping: Path | None,
        timezone: str,
        pairs: list[str],
        as_json: bool,
        **_options: object,
    ) -> None:
        if unclear := [pair for pair in pairs if "=" not in pair]:
            raise CommandError(f"--setting {unclear[0]}: write KEY=VALUE", returncode=_REFUSED)
        try:
            zone = ZoneInfo(timezone)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise CommandError(f"{timezone} is not an IANA time zone", returncode=_REFUSED) from error
        try:
            account = check_file(
                file,
                zone=zone,
                format_name=format,
                mapping=_mapping(mapping) if mapping else {},
                settings=dict(pair.split("=", 1) for pair in pairs),
            )
        except OSError as error:
            raise CommandError(f"{file}: {error.strerror}", returncode=_REFUSED) from error
        except FeedStructureError as error:
            if as_json:
                known = error.format if isinstance(error, FileRefusedError) else format
                self._json(FileAccount(known).json(refused=str(error)))
            raise CommandError(str(error), returncode=_REFUSED) from error
        if as_json:
            self._json(account.json())
        else:
            self._show(account)
        if account.rejected:
            raise SystemExit(1)

    def _show(self, account: FileAccount) -> None:
        self.stdout.write(
            f"{account.format}: {account.rows} rows, {account.accepted} accepted, {len(account.rejected)} rejected"
        )
        for name in account.skipped:
            self.stdout.write(f"  skipped, no data: {_printable(name)}")
        for rejection in account.rejected[:_SHOWN]:
            self.stdout.write(f"  line {rejection.line}: {_printable(rejection.reason)}")
        if len(account.rejected) > _SHOWN:
            self.stdout.write(f"  and {len(account.rejected) - _SHOWN} more")
        channels = list(account.channels_as_json())
        if not channels:
            return
        rows = [[name.replace("_", " ") for name in channels[0]]]
        rows += [
            ["" if value is None else _printable(str(value)) for value in channel.values()]
            for channel in channels
        ]
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        for row in rows:
            self.stdout.write("  ".join(map(str.ljust, row, widths)).rstrip())

    def _json(self, pieces: Iterable[str]) -> None:
        for piece in pieces:
            self.stdout.write(piece, ending="")
        self.stdout.write("")


def _printable(text: str) -> str:
    """A file's text without control characters for the terminal."""
    return "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in text)


def _mapping(path: Path) -> dict[str, object]:
    """Raises FeedStructureError: not the JSON of an object."""
    try:
        mapping = read_json(path.read_bytes())
    except ValueError as error:
        raise FeedStructureError(f"mapping {path.name}: {error}") from error
    if not isinstance(mapping, dict):
        raise FeedStructureError(f"mapping {path.name}: it is not an object")
    return mapping

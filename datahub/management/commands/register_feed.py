"""manage.py register_feed NAME FORMAT [--zone ZONE] [--set KEY=VALUE ...] [--mapping FILE or PRESET]"""

from argparse import ArgumentParser
from collections.abc import Mapping
from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from cdsc_portal.lib.json.reader import read_json
from cdsc_portal.lib.time import clock
from datahub.feeds.formats.csv.presets import presets
from datahub.feeds.formats.registry import NO_MAPPING, formats
from datahub.feeds.runs.registration import FeedRefusedError, register_feed


class Command(BaseCommand):
    help = "Register a feed, or bring the one of that name up to date."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name")
        parser.add_argument("format", choices=list(formats()))
        parser.add_argument("--zone", default=settings.TIME_ZONE, help="of times without an offset")
        parser.add_argument("--set", dest="pairs", action="append", default=[], metavar="KEY=VALUE")
        parser.add_argument(
            "--mapping", default="", help="how a CSV is laid out: a JSON file or a preset's name"
        )

    def handle(
        self, *, name: str, format: str, zone: str, pairs: list[str], mapping: str, **_options: object
    ) -> None:
        if unclear := [pair for pair in pairs if "=" not in pair]:
            raise CommandError(f"--set {unclear[0]}: write KEY=VALUE")
        chosen = dict(pair.split("=", 1) for pair in pairs)
        try:
            feed = register_feed(
                name=name, format_name=format, time_zone=zone, settings=chosen, at=clock.now(),
                mapping=_mapping(mapping),
            )  # fmt: skip
        except FeedRefusedError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{feed.name}: {feed.get_kind_display()}, {feed.format}, {feed.time_zone}")


def _mapping(name: str) -> Mapping[str, object]:
    """That of the preset of this name, else of the file."""
    if not name:
        return NO_MAPPING
    if name in presets():
        return presets()[name].mapping
    try:
        mapping = read_json(Path(name).read_bytes())
    except (OSError, ValueError) as error:
        raise CommandError(f"--mapping {name}: {error}; presets are {', '.join(presets())}") from error
    if not isinstance(mapping, dict):
        raise CommandError(f"--mapping {name}: not a JSON object")
    return mapping

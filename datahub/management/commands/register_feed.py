"""manage.py register_feed NAME FORMAT [--zone ZONE] [--set KEY=VALUE ...]"""

from argparse import ArgumentParser

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from cdsc_portal.lib import clock
from datahub.feeds.formats.registry import formats
from datahub.services.feeds import FeedRefusedError, register_feed


class Command(BaseCommand):
    help = "Register a feed, or bring the one of that name up to date."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name")
        parser.add_argument("format", choices=list(formats()))
        parser.add_argument("--zone", default=settings.TIME_ZONE, help="of times without an offset")
        parser.add_argument("--set", dest="pairs", action="append", default=[], metavar="KEY=VALUE")

    def handle(self, *, name: str, format: str, zone: str, pairs: list[str], **_options: object) -> None:
        if unclear := [pair for pair in pairs if "=" not in pair]:
            raise CommandError(f"--set {unclear[0]}: write KEY=VALUE")
        chosen = dict(pair.split("=", 1) for pair in pairs)
        try:
            feed = register_feed(
                name=name, format_name=format, time_zone=zone, settings=chosen, at=clock.now()
            )
        except FeedRefusedError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{feed.name}: {feed.get_kind_display()}, {feed.format}, {feed.time_zone}")

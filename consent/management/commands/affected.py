"""manage.py affected (--client ID | --credential ID | --staff ADDRESS) [--since INSTANT] [--until INSTANT]"""

import csv
from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Iterable
from dataclasses import astuple, fields
from datetime import UTC, datetime
from typing import TypeVar

from django.core.management.base import BaseCommand, CommandError

from accounts.models import User
from cdsc_portal.lib.json.encoder import instant
from cdsc_portal.lib.text.csv_cells import plain_cell
from cdsc_portal.lib.time import clock
from consent.models import Client, Credential
from consent.queries.affected import (
    AffectedService,
    StaffAct,
    acts_of_staff,
    affected_services,
)

Row = TypeVar("Row")
_BEGIN = datetime(2000, 1, 1, tzinfo=UTC)


def _instant(text: str) -> datetime:
    try:
        read = datetime.fromisoformat(text)
    except ValueError as error:
        raise ArgumentTypeError(f"{text} is no time such as 2026-12-01T08:00:00Z") from error
    return read if read.tzinfo else read.replace(tzinfo=UTC)


def _known(row: Row | None, sought: str | None) -> Row:
    if row is None:
        raise CommandError(f"{sought} is unknown")
    return row


class Command(BaseCommand):
    help = (
        "Print as CSV who was affected by a breach: whose data left to a third party, or while one of its secrets "
        "worked, or what one of staff saw and did. Times are UTC. Customers' numbers, no names."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        who = parser.add_mutually_exclusive_group(required=True)
        who.add_argument("--client", help="client id of a third party's object")
        who.add_argument("--credential", help="credential id of a secret; what left while it worked")
        who.add_argument("--staff", help="the e-mail address that the person logs in with")
        parser.add_argument(
            "--since", type=_instant, default=_BEGIN, help="first instant, e.g. 2026-12-01T08:00:00Z"
        )
        parser.add_argument("--until", type=_instant, help="the instant after the last; now where left out")

    def handle(
        self,
        *,
        client: str | None,
        credential: str | None,
        staff: str | None,
        since: datetime,
        until: datetime | None,
        **_options: object,
    ) -> None:
        until = until or clock.now()
        if since >= until:
            raise CommandError("--since must lie before --until")
        if staff:
            person = _known(User.objects.filter(email__iexact=staff).first(), staff)
            self._print(StaffAct, acts_of_staff(person=person.pk, since=since, until=until))
            return
        if credential:
            secret = _known(Credential.objects.filter(public_id=credential).first(), credential)
            key, since = secret.client_id, max(since, secret.created)
            until = min(until, secret.expires) if secret.expires else until
        else:
            key = _known(Client.objects.filter(client_id=client).first(), client).pk
        self._print(AffectedService, affected_services(client=key, since=since, until=until))

    def _print(
        self, kind: type[AffectedService] | type[StaffAct], rows: Iterable[AffectedService | StaffAct]
    ) -> None:
        lines = csv.writer(self.stdout, lineterminator="\n")
        lines.writerow(field.name for field in fields(kind))
        for row in rows:
            lines.writerow(
                ""
                if value is None
                else instant(value)
                if isinstance(value, datetime)
                else plain_cell(str(value))
                for value in astuple(row)
            )

"""manage.py lost_second_step ADDRESS --reason TEXT"""

from argparse import ArgumentParser

from django.core.management.base import BaseCommand, CommandError

from accounts.models import User
from accounts.services.lost_second_step import take_off_second_step


class Command(BaseCommand):
    help = (
        "Take the second step off a login whose owner has lost it and the recovery codes: app, codes and passkeys go, "
        "every session ends, the person gets a mail, and shares nothing new for a day. Ask first who it is."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("address", help="the e-mail address that the person logs in with")
        parser.add_argument(
            "--reason", required=True, help="how the person was known; in the log of what staff did"
        )

    def handle(self, *, address: str, reason: str, **_options: object) -> None:
        user = User.objects.filter(email__iexact=address).first()
        if user is None or not take_off_second_step(user=user, reason=reason):
            raise CommandError(f"{address} is nobody with a second step")
        self.stdout.write(
            f"Taken off. {address} logs in with the password alone; staff then need a link for another."
        )

"""manage.py second_step_link ADDRESS"""

from argparse import ArgumentParser

from django.core.management.base import BaseCommand, CommandError

from accounts.models import User
from accounts.services.enrolment import VALID_HOURS, NoLinkError, issue_link
from accounts.sign_in.enrolment import second_step_address
from cdsc_portal.lib.time import clock


class Command(BaseCommand):
    help = (
        "Print a link with which one of staff, who has a password and no second step, sets one up: the first "
        "superuser, or whoever nobody else can help. It works once. It stands in the log of what staff did."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("address", help="the e-mail address that the person logs in with")

    def handle(self, *, address: str, **_options: object) -> None:
        user = User.objects.filter(email__iexact=address).first()
        try:
            if user is None:
                raise NoLinkError
            secret = issue_link(user=user, by=None, at=clock.now())
        except NoLinkError as error:
            raise CommandError(
                f"{address} is nobody of staff who may log in and has no second step"
            ) from error
        self.stdout.write(second_step_address(secret))
        self.stderr.write(f"It works once, within {VALID_HOURS} hours, after the login with the password.")

"""manage.py reseal [--drop-unreadable]"""

from argparse import ArgumentParser

from django.core.management.base import BaseCommand

from accounts.mail.queue import reseal_waiting_mail
from accounts.models import User
from accounts.services import second_step_seals
from consent.services.credentials import reseal_secrets


class Command(BaseCommand):
    help = (
        "Seal authenticator apps, recovery codes, waiting mail and secrets of clients with the first key of "
        "SECRET_KEYS, so that an older key can be taken out. It works in parts and may be stopped and run again. "
        "Exit status: 0 all were, 1 some were sealed with a key that is not in the ring."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--drop-unreadable",
            action="store_true",
            help="take away apps and codes that no key opens: their owners log in without and set them up anew",
        )

    def handle(self, *, drop_unreadable: bool, **_options: object) -> None:
        resealed = second_step_seals.reseal_second_steps()
        self.stdout.write(f"{resealed.done} sealed with the first key")
        mails, unreadable_mails = reseal_waiting_mail()
        self.stdout.write(f"{mails} waiting mails sealed with it")
        if unreadable_mails:
            self.stdout.write(
                f"{unreadable_mails} waiting mails were sealed with a key that is not in SECRET_KEYS: send them again"
            )
        secrets, unreadable_secrets = reseal_secrets()
        self.stdout.write(f"{secrets} secrets of clients sealed with it")
        if unreadable_secrets:
            self.stdout.write(
                f"{unreadable_secrets} secrets of clients were sealed with a key that is not in SECRET_KEYS: they "
                "still work, and are sealed again when their clients make new ones"
            )
        if resealed.unreadable:
            named = ", ".join(resealed.unreadable)
            self.stdout.write(f"sealed with a key that is not in SECRET_KEYS, of: {named}")
        if resealed.unreadable and drop_unreadable:
            people = User.objects.filter(public_id__in=resealed.unreadable)
            dropped = sum(second_step_seals.drop_unreadable(user=user) for user in people)
            self.stdout.write(f"{dropped} taken away")
        if (resealed.unreadable and not drop_unreadable) or unreadable_mails or unreadable_secrets:
            raise SystemExit(1)

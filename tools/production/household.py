"""Run by the product's Python on the machine: two companies, and the customers and readings of the invented utility.

It knows the product of this release and the one before: nothing but what both have. Prints what the run must know.
"""

import json
import secrets
import sys
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import django

MONTHS = 3
PARTNERS = ("Sunny Roofs", "Valley Audits")
CALLBACK = "https://partner.example.com/callback"  # nobody is there: what comes back is read from the address


def main(folder: Path) -> None:
    django.setup()
    print(json.dumps({"clients": [_client(name) for name in PARTNERS], "owner": _customers(folder)}))


def _client(name: str) -> dict[str, str]:
    from cdsc_portal.lib.time import clock
    from consent.models import Client
    from consent.scopes.catalogue import SCOPES
    from consent.services.credentials import first_secret

    client = Client(
        name=name, client_type=Client.CLIENT_CONFIDENTIAL, purpose="We look at use.", redirect_uris=CALLBACK,
        authorization_grant_type=Client.GRANT_AUTHORIZATION_CODE, allowed_scopes=list(SCOPES),
        contact_email="data@partner.example.com",
    )  # fmt: skip
    client.full_clean()
    client.save()
    secret = first_secret(client=client, at=clock.now())
    return {"client_id": client.client_id, "client_secret": secret, "redirect_uri": CALLBACK}


def _customers(folder: Path) -> dict[str, str]:
    """The login of the first owner, after each feed brought its file by a worker."""
    from django.conf import settings

    from accounts.models import User
    from cdsc_portal.lib.time import clock
    from demo.utility import files, structure

    zone = ZoneInfo(settings.TIME_ZONE)
    utility = structure.utility(clock.now().astimezone(zone).date(), months=MONTHS)
    for file in files.write(utility, folder, zone, seed=20231, mix_days=7):
        _bring_in(file)
    hand_made = Path(structure.__file__).parents[1] / "hand_made.csv"
    _bring_in(files.FeedFile("Meter readings", "usage", "usage_csv_long", hand_made))
    owner, password = User.objects.get(email=structure.OWNER), secrets.token_urlsafe(12)
    owner.set_password(password)
    owner.save(update_fields=["password"])
    return {"email": owner.email, "password": password}


def _bring_in(file: Any) -> None:
    from django.core.management import call_command

    pairs = ["meter=title"] if file.format == "espi_xml" else []
    call_command("register_feed", file.feed, file.format, pairs=pairs, stdout=sys.stderr)
    try:
        call_command("load_feed", file.path, feed=file.feed, wait=True, stdout=sys.stderr)
    except SystemExit as end:
        if end.code != 1:  # a row was rejected: the demo has some
            raise


if __name__ == "__main__":
    main(Path(sys.argv[1]))

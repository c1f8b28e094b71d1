"""One installation of the demo: its people, clients and feeds, and `demo.json`, which says how to reach them."""

import json
import secrets
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import django
from django.conf import settings
from django.core.management import call_command

from cdsc_portal.lib.time import clock
from demo import processes as running
from demo.processes import Processes, StartError
from demo.utility import files, structure
from examples.third_party import ThirdParty

SEED = 20231
HAND_MADE = Path(__file__).parent / "hand_made.csv"
SETTINGS = {"espi_xml": {"meter": "title"}}  # how the invented vendor names meters
# name, purpose, and how far above the server's port customers come back to it: the demo serves the page of the first
# one, the last is for whoever follows docs/getting-started.md
CONTACT_ROLE = "contact"
NAMES = {"55-1042": "House", "55-1043": "Car charger", "55-1044": "Garden"}
COMPANIES = (
    ("Sunny Roofs (demo)", "We size solar panels and show you what they would save.", 1),
    ("Valley Energy Audits (demo)", "We look for what uses the most and tell you how to save.", 1),
    ("Your company (demo)", "We try out how to read a day of usage.", 2),
)


@dataclass(slots=True)
class Installation:
    """What `demo.json` holds, and how to fill it."""

    var_dir: Path
    base_url: str
    months: int
    complete: bool
    users: list[dict[str, str]]
    clients: list[dict[str, str]]
    accounts: list[dict[str, Any]] = field(default_factory=list)

    @property
    def owner(self) -> tuple[str, str]:
        """E-mail address and password of the first owner."""
        return self.users[0]["email"], self.users[0]["password"]

    @property
    def party(self) -> ThirdParty:
        return self.third_party(0)

    def third_party(self, place: int) -> ThirdParty:
        client = self.clients[place]
        return ThirdParty(self.base_url, client["client_id"], client["client_secret"], client["redirect_uri"])

    def load(self, processes: Processes) -> None:
        """Write the feed files and bring them in through the worker, one after the other."""
        running.start_workers(processes)
        today = clock.now().astimezone(ZoneInfo(settings.TIME_ZONE)).date()
        utility = structure.utility(today, months=self.months)
        zone = ZoneInfo(settings.TIME_ZONE)
        made = files.write(
            utility, self.var_dir / "demo" / "feeds", zone, seed=SEED, mix_days=min(60, self.months * 30)
        )
        made.append(files.FeedFile("Meter readings", "usage", "usage_csv_long", HAND_MADE))
        for number, file in enumerate(made, 1):
            print(f"  feed {number} {_bring_in(file, processes)}", flush=True)
        self.set_passwords()
        self.name_meters()
        self.accounts = [
            {
                "account_number": account.number,
                "contracts": [c.number for c in utility.contracts if c.account == account.number],
            }
            for account in utility.accounts
        ]

    def name_meters(self) -> None:
        """As the first owner would: pages then speak of the house and the car, not of numbers."""
        from accounts.models import User
        from accounts.own_names import Kind
        from accounts.queries.named import nameable
        from accounts.services.names import give_names

        owner, at = User.objects.get(email=self.owner[0]), clock.now()
        meters = [thing for thing in nameable(user=owner, at=at) if thing.kind is Kind.METER]
        give_names(
            names={thing: NAMES[thing.number] for thing in meters if thing.number in NAMES}, by=owner, at=at
        )

    def add_history(self) -> None:
        """One grant in use with reads in its log, a third party that registered itself, and one request that waits; the
        walk left one that ended.
        """
        from demo.main_job import grant_in_use
        from demo.registered_company import make_registered_company

        grant_in_use(self.third_party(1), self.base_url, *self.owner)
        staff = next(user["email"] for user in self.users if user["role"] == "staff")
        self.clients.append(
            make_registered_company(owner=self.owner[0], contact=structure.CONTACT, staff=staff)
        )
        self.ask_once_more()

    def ask_once_more(self) -> None:
        """A request that waits now: an older one may have expired."""
        from demo.main_job import waiting_request

        waiting_request(self.third_party(0), self.base_url, *self.owner)

    def finish(self) -> None:
        """From now on the installation is complete."""
        self.complete = True
        self.write()

    def start_third_party(self, processes: Processes, port: int) -> str:
        client = self.clients[0]
        command = ["--issuer", self.base_url, "--client-id", client["client_id"], "--port", str(port)]
        processes.start(
            "third-party",
            [sys.executable, "-m", "examples.company_site", *command],
            CLIENT_SECRET=client["client_secret"],
        )
        return f"http://127.0.0.1:{port}/"

    def set_passwords(self) -> None:
        """Of all users: the feed of the hierarchy brings logins without one."""
        from accounts.models import User

        for entry in self.users:
            user = User.objects.get(email=entry["email"])
            user.set_password(entry["password"])
            user.save(update_fields=["password"])

    def write(self) -> None:
        """Write `demo.json`."""
        from demo.registered_company import VALUES

        record = {
            "base_url": self.base_url,
            "users": self.users,
            "clients": self.clients,
            "accounts": self.accounts,
            "registration_fields": VALUES,
        }
        path = self.var_dir / "demo.json"
        path.touch(mode=0o600)
        path.write_text(json.dumps(record, indent=1), encoding="utf-8")


def prepare(var_dir: Path, *, port: int, months: int) -> Installation:
    """Migrate, and make or find the installation under `var_dir`; a complete one moves to `port`."""
    django.setup()
    from consent.models import Client

    call_command("migrate", verbosity=0)
    base_url, known = f"http://localhost:{port}", var_dir / "demo.json"
    callbacks = {name: f"http://127.0.0.1:{port + above}/callback" for name, _purpose, above in COMPANIES}
    if known.exists():
        record = json.loads(known.read_text(encoding="utf-8"))  # noqa: TID251 - our own file
        clients = [
            {**client, "redirect_uri": callbacks.get(client["name"], "")} for client in record["clients"]
        ]
        made = Installation(var_dir, base_url, months, True, record["users"], clients, record["accounts"])
        _move_own_address()
        for each in (client for client in clients if client["redirect_uri"]):
            client = Client.objects.get(client_id=each["client_id"])
            client.redirect_uris = each["redirect_uri"]
            client.full_clean()
            client.save(update_fields=["redirect_uris", "updated"])
        made.write()
        return made
    from demo.registered_company import publish_registration_fields  # rows, so behind the set-up
    from demo.utility.coverage import publish_coverage

    clients = [_register(name, purpose, callbacks[name]) for name, purpose, _above in COMPANIES]
    publish_coverage()
    publish_registration_fields()
    people = _people()
    _name_contact()
    return Installation(var_dir, base_url, months, False, people, clients)


def _move_own_address() -> None:
    """Let objects that return to the server's own page do so at the port of today."""
    from consent.models import Client
    from consent.oauth.redirects import default_redirect_uri

    for client in Client.objects.exclude(default_redirect_uri=""):
        before, client.default_redirect_uri = client.default_redirect_uri, default_redirect_uri()
        client.redirect_uris = client.redirect_uris.replace(before, client.default_redirect_uri)
        client.save(update_fields=["redirect_uris", "default_redirect_uri", "updated"])


def _name_contact() -> None:
    """The person who looks after the first company's client, at /developer/."""
    from accounts.models import User
    from consent.models import Client, ClientContact

    ClientContact.objects.get_or_create(
        client=Client.objects.get(name=COMPANIES[0][0]), user=User.objects.get(email=structure.CONTACT)
    )


def _people() -> list[dict[str, str]]:
    """Logins with a fresh password each; staff exist at once, the others come with the hierarchy feed.

    The person with the role "contact" is a company's own; the one with the role "staff" may do everything, others of
    staff what the group of their role may.
    """
    from django.contrib.auth.models import Group

    from accounts.models import User

    people = structure.utility(clock.now().date(), months=2).people
    for person in people:
        if person.customer or User.objects.filter(email=person.email).exists():
            continue
        if person.role == CONTACT_ROLE:
            User.objects.create_user(person.email, name=person.name)
        elif person.role == "staff":
            User.objects.create_superuser(person.email, name=person.name)
        else:
            clerk = User.objects.create_user(person.email, name=person.name, is_staff=True)
            clerk.groups.add(Group.objects.get(name=person.role))
    return [
        {"role": person.role, "email": person.email, "password": secrets.token_urlsafe(12)}
        for person in people
    ]


def _register(name: str, purpose: str, callback: str) -> dict[str, str]:
    from consent.models import Client
    from consent.scopes.catalogue import SCOPES
    from consent.services.credentials import first_secret

    client = Client.objects.filter(name=name).first() or Client(name=name)
    client.client_type = Client.CLIENT_CONFIDENTIAL
    client.authorization_grant_type = Client.GRANT_AUTHORIZATION_CODE
    client.redirect_uris = callback
    client.allowed_scopes = list(SCOPES)
    client.purpose = purpose
    client.contact_email = "data@example.com"
    client.full_clean()
    client.save()
    secret = first_secret(client=client, at=clock.now())
    return {
        "name": name,
        "client_id": client.client_id,
        "client_secret": secret,
        "redirect_uri": callback,
        "scope": " ".join(client.allowed_scopes),
    }


def _bring_in(file: files.FeedFile, processes: Processes) -> str:
    """Register the feed, hand its file to the worker, wait for the end; what the run counted, in words."""
    from datahub.feeds.runs.feed_status import counts_in_words
    from datahub.feeds.runs.life_cycle import start_run
    from datahub.models import Feed, RunStatus

    feed, _made = Feed.objects.get_or_create(
        name=file.feed,
        defaults={
            "kind": file.kind,
            "format": file.format,
            "time_zone": settings.TIME_ZONE,
            "settings": SETTINGS.get(file.format, {}),
        },
    )
    began = time.monotonic()
    with file.path.open("rb") as content:
        run = start_run(feed=feed, file=content, name=file.path.name, by=None, at=clock.now())

    def ended() -> bool:
        run.refresh_from_db()
        return run.status in {RunStatus.DONE, RunStatus.REFUSED, RunStatus.FAILED, RunStatus.HELD}

    running.wait_until(f"feed {file.feed}", ended, seconds=300, processes=processes)
    if run.status != RunStatus.DONE:
        raise StartError(f"feed {file.feed} ended {run.status}: {run.problem}")
    return f"{file.path.name}: {counts_in_words(run)} ({time.monotonic() - began:.1f} s)"

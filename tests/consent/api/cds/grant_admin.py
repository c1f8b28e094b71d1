"""What a third party's program does to open grants by its Grant Admin object, and a file that staff let it fetch."""

import json
from urllib.parse import quote

from django.core.files.base import ContentFile

from cdsc_portal.lib.time import clock
from consent.models import Client, Grant, ProvidedFile
from consent.services.third_parties.provided_files import grant_files, store_file
from tests.consent.api.cds.third_party import ADMIN, ThirdParty, ask_for_token, third_party
from tests.factories.accounts import StaffFactory

SCOPE = "cds_grant_admin_1"
FILES = "cds_server_provided_files_1"


def files_party(browser, **members) -> ThirdParty:
    """A third party that registered for data and for files."""
    return third_party(browser, **{"scope": f"{ADMIN} usage_data {FILES}", **members})


def object_of(party: ThirdParty, scope: str) -> Client:
    return next(each for each in party.registration.clients.all() if scope in each.allowed_scopes)


def secret_of(party: ThirdParty, scope: str) -> str:
    listed = party.get(f"/cds/credentials?client_ids={object_of(party, scope).client_id}").json()
    return listed["credentials"][0]["client_secret"]


def details_of(grant: Grant, **members) -> dict:
    return {"type": SCOPE, "client_id": grant.client.client_id, "grant_id": grant.public_id, **members}


def ask_to_open(party: ThirdParty, *details, **form):
    """The answer to a Grant Admin's token request; without `scope`, which the details say too."""
    sent = {"authorization_details": quote(json.dumps(list(details))), "scope": "", **form}
    admin = object_of(party, SCOPE)
    return ask_for_token(party.browser, admin.client_id, secret_of(party, SCOPE), **sent)


def token_for(party: ThirdParty, grant: Grant) -> str:
    answer = ask_to_open(party, details_of(grant))
    assert answer.status_code == 200, answer.content
    return answer.json()["access_token"]


def provide(party: ThirdParty, name="rates.pdf", content=b"%PDF-1.7 rates", **members) -> ProvidedFile:
    return store_file(
        registration=party.registration,
        name=name,
        description=members.pop("description", ""),
        content=ContentFile(content),
        at=clock.now(),
    )


def granted(*files: ProvidedFile) -> Grant:
    return grant_files(files=files, by=StaffFactory(), at=clock.now())

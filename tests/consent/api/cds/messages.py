"""Messages as a third party's program writes and lists them."""

from base64 import b64encode

from cdsc_portal.lib.time import clock
from consent.services.third_parties.threads import ask_registration
from tests.factories.accounts import StaffFactory

LIST = "/cds/messages"
SUPPORT = {"type": "support_request", "name": "Late data", "description": "Nothing since Monday."}
ITEMS = [("Contract", "The signed contract"), ("Owner", "Who owns the company")]


def post(party, **members):
    return party.send("post", LIST, {"previous_uri": None, "name": "", "description": "", **members})


def written(party, **members):
    answer = post(party, **members)
    assert answer.status_code == 201, answer.content
    return answer.json()


def request_of_staff(party, items=ITEMS):
    return ask_registration(
        registration=party.registration,
        items=items,
        text="We need this.",
        by=StaffFactory(),
        at=clock.now(),
    )


def uri(message):
    return f"{LIST}/{message.public_id}"


def address(party, message):
    """As its third party reads it."""
    return party.get(uri(message)).json()["uri"]


def ids(listing, name):
    return [each["message_id"] for each in listing[name]]


def file(content, filename="a.bin", mime_type="application/octet-stream"):
    return {"filename": filename, "mime_type": mime_type, "data": b64encode(content).decode()}

"""What tests of changes of grants do again and again."""

from cdsc_portal.lib.time import clock
from consent.queries.access import data_access

LIST = "/cds/grants"
USAGE = {"type": "usage_data", "start": "-1y", "end": "+1y", "services": "all"}
BILLS = {"type": "bill_data", "end": "+1y", "services": "all"}


def uri(grant):
    return f"{LIST}/{grant.public_id}"


def patch(party, grant, **members):
    return party.send("patch", uri(grant), members)


def changed(party, grant, **members):
    answer = patch(party, grant, **members)
    assert answer.status_code == 200, answer.content
    assert party.get(uri(grant)).json() == answer.json()
    grant.refresh_from_db()
    return answer.json()


def detail(answered, name, member="authorization_details"):
    return next(each for each in answered[member] if each["type"] == name)


def opened(token):
    access = data_access(token, at=clock.now())
    return [part.scope for part in access.parts] if access else []

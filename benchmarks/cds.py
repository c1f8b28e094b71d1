"""What third parties call (the server's document, tokens, registration, grants) beside views that do only as much."""

import json
import statistics
from collections.abc import Iterator, Mapping, Sequence

from django.apps import apps
from django.db import connection, transaction
from django.test import Client as Http

from benchmarks import grants, oauth, rows, server
from benchmarks.measure import Figure, at_least, at_most, medians, prepare_to_measure
from cdsc_portal.lib.time import clock
from consent.models import Client
from consent.queries.admin_access import admin_access
from consent.queries.scope_offers import open_offers
from tests.consent.api.cds.third_party import ADMIN, basic, register, third_party

ADDRESS = "/.well-known/oauth-authorization-server"
_REGISTRATION, _TOKEN = "/cds/registration", "/oauth/token/"
_ROUNDS, _CALLS = 7, 120  # the first round is not counted
_FORM = "application/x-www-form-urlencoded"
_GATE_ROUNDS = 20  # a call takes a tenth of a millisecond


def figures() -> Iterator[Figure]:
    """The document over HTTP, then calls of a third party, then its listing of grants in process."""
    document = Http().get(ADDRESS)
    size, known = len(document.content), {"If-None-Match": document["ETag"]}
    with server.running() as port:
        for name, headers, status, yardstick, goal in (
            (
                f"authorization server metadata over HTTP / {size} ready bytes",
                {},
                200,
                f"/bare?size={size}",
                0.5,
            ),
            ("the same with If-None-Match / an empty answer", known, 304, "/bare?size=0", 0.6),
        ):
            value, ready = _seconds_a_call(port, (ADDRESS, headers, status, ()), (yardstick, {}, 200, ()))
            yield at_least(name, "calls/s", 1 / value, 1 / ready, goal)
        yield from _tokens(port)
        yield _registration(port)
    yield _gate()
    yield from grants.figures()


_Call = tuple[str, Mapping[str, str], int, Sequence[str]]  # path, headers, status that is due, bodies


def _tokens(port: int) -> Iterator[Figure]:
    party, company = third_party(Http()), oauth.company("CDS-")
    sent = f"grant_type=client_credentials&scope={ADMIN}"
    of_party = {**basic(party.client_id, party.secret), "Content-Type": _FORM}
    for name, path, body, headers, goal in (
        ("token (client_credentials)", _TOKEN, sent, of_party, 0.12),
        ("introspection", "/oauth/introspect/", company.introspection(), company.headers, 0.25),
    ):
        answer = Http(headers={"Authorization": headers["Authorization"]}).post(
            path, body, content_type=_FORM
        )
        size = len(answer.content)
        ours: _Call = (path, headers, 200, [body] * _CALLS)
        value, ready = _seconds_a_call(port, ours, (f"/bare?size={size}", {}, 200, ()))
        yield at_least(f"{name} over HTTP / {size} bare bytes", "calls/s", 1 / value, 1 / ready, goal)


def _registration(port: int) -> Figure:
    """Beside a view that inserts as many plain rows, each by itself, in one transaction."""
    sent = {"scope": _scope_of_three_objects(), "client_name": "Demo App"}
    before = _rows()
    made = register(Http(), **sent)
    if made.status_code != 201:
        raise RuntimeError(f"registration answered {made.status_code}: {made.content[:300]!r}")
    inserted = _rows() - before
    registration = Client.objects.get(client_id=made.json()["client_id"]).registration_id
    objects = Client.objects.filter(registration=registration).count()
    json_type = {"Content-Type": "application/json"}
    with rows.plain_table():
        value, plain = _seconds_a_call(
            port,
            (_REGISTRATION, json_type, 201, [json.dumps(sent)] * _CALLS),
            (f"/plain_rows?rows={inserted}", json_type, 201, ["{}"] * _CALLS),
        )
    name = f"registration of {objects} objects over HTTP / {inserted} plain rows"
    return at_least(name, "calls/s", 1 / value, 1 / plain, 0.3)


def _rows() -> int:
    """How many rows everything about third parties has."""
    return sum(model._default_manager.count() for model in apps.get_app_config("consent").get_models())


def _scope_of_three_objects() -> str:
    """The object for the APIs, one that asks customers, and what is offered beside these."""
    others = [name for name, kind in open_offers(role="full") if kind.scope is None and name != ADMIN]
    return " ".join([ADMIN, "usage_data", *others])


def _gate() -> Figure:
    token = third_party(Http()).token

    def pass_gate() -> None:
        if admin_access(token, at=clock.now()) is None:
            raise RuntimeError("the gate must open")

    def round_trip() -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
            cursor.fetchone()

    prepare_to_measure()
    with transaction.atomic():
        value, yardstick = medians(pass_gate, round_trip, rounds=_GATE_ROUNDS)
    return at_most("gate of the APIs / one SELECT 1", "ms", value, yardstick, 4)


def _seconds_a_call(port: int, ours: _Call, yardstick: _Call) -> tuple[float, float]:
    """Seconds a call of each, in turn: the median of the rounds."""
    times: list[list[float]] = [[], []]
    for _ in range(_ROUNDS):
        for taken, (path, headers, status, bodies) in zip(times, (ours, yardstick), strict=True):
            taken.append(
                server.seconds_a_call(port, path, headers, status=status, calls=_CALLS, bodies=bodies)
            )
    value, ready = (statistics.median(taken[1:]) for taken in times)
    return value, ready

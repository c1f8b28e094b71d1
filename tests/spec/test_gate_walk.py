"""Every address the server answers, tried as those who should get nothing from it.

A route that stands in none of the lists fails the walk: whoever adds one says here what guards it.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import pytest
from django.http import HttpResponse
from django.test import Client as Browser

from cdsc_portal.lib.time import clock
from consent.api.gated import scopes_opening
from consent.models import Actor, ClientStatus, Disclosure
from consent.services.revoke import revoke_grant
from datahub.models import BillStatement
from datahub.resources.registry import RESOURCES
from tests.consent.api.reader import Reader, issue_token
from tests.factories.accounts import (
    Household,
    StaffFactory,
    UserFactory,
    add_service,
    household,
)
from tests.factories.consent import ReceiptFactory
from tests.factories.each_resource import add_data_of_each_resource
from tests.spec.guards import (
    BY_OWN_TOKEN,
    BY_UNGUESSABLE_KEY,
    DATA,
    LOGIN,
    OAUTH,
    OPEN_TO_CLIENTS,
    PUBLIC,
    SCOPES,
    STAFF_TOKEN,
)
from tests.spec.routes import Route, routes

STAFF = [route for route in routes() if route.path.startswith("/admin/")]


def test_every_route_is_known():
    known = set(SCOPES) | PUBLIC | OAUTH | BY_UNGUESSABLE_KEY | LOGIN | OPEN_TO_CLIENTS | STAFF_TOKEN
    known |= {route.name for route in BY_OWN_TOKEN}
    unknown = [r for r in routes() if r.name not in known and not r.path.startswith("/admin/")]

    assert unknown == []


def test_every_resource_and_every_file_of_one_stands_behind_the_gate():
    files = {file.name for resource in RESOURCES.values() for file in resource.files}

    assert {route.name for route in DATA} == {*RESOURCES, *files}


@pytest.fixture
def world(db, settings, tmp_path) -> "World":
    settings.MEDIA_ROOT = tmp_path
    home = household()
    return World(home, add_service(owner=home.owner, account=home.account), household(), Reader()).filled()


@dataclass(frozen=True, slots=True)
class World:
    """What is shared, what its customer did not tick, and what is another customer's: each with data of all kinds."""

    home: Household
    unticked: Household
    foreign: Household
    reader: Reader

    def filled(self) -> "World":
        for mark, service in zip(("a", "b", "c"), (self.home, self.unticked, self.foreign), strict=True):
            add_data_of_each_resource(service, mark)
        return self

    def path(self, route: Route, service: Household) -> str:
        statement = BillStatement.objects.get(sections__contract=service.contract)
        return route.path.replace("/1/file", f"/{statement.public_id}/file")

    def granted(self, route: Route) -> None:
        self.reader.granted(self.home.contract, scope=SCOPES[route.name])
        ReceiptFactory(grant=self.reader.grant)

    def secrets(self) -> list[str]:
        return [
            secret
            for service, mark in ((self.unticked, "b"), (self.foreign, "c"))
            for secret in (
                service.contract.contract_number,
                service.contract.public_id,
                service.meter.meter_number,
                service.point.servicepoint_number,
                f"TARIFF-{mark}",
                f"REGION-{mark}",
                f"Supplier-{mark}",
                f"invented {mark}",
            )
        ] + [self.foreign.account.account_number, self.foreign.customer.customer_number]


def content(answer) -> str:
    body = b"".join(answer.streaming_content) if answer.streaming else answer.content
    return body.decode(errors="replace")


def everywhere(world: World, call: Callable[[Route], HttpResponse]) -> set[tuple[int, str]]:
    """Statuses and types of the answers of all data routes; none may be disclosed."""
    answers = [call(route) for route in DATA]
    assert not Disclosure.objects.exists()
    return {(answer.status_code, answer["Content-Type"]) for answer in answers}


def problem(status: int) -> set[tuple[int, str]]:
    return {(status, "application/problem+json")}


@pytest.mark.parametrize("route", DATA, ids=lambda route: route.name)
def test_the_right_token_reads_its_own_and_nothing_else(world, route):
    world.granted(route)

    answer = world.reader.get(world.path(route, world.home))
    body = content(answer)

    assert answer.status_code == 200
    assert [secret for secret in world.secrets() if secret in body] == []
    assert Disclosure.objects.get().value_count > 0


@pytest.mark.parametrize("route", DATA, ids=lambda route: route.name)
def test_head_passes_the_gate_and_releases_nothing(world, route):
    world.granted(route)
    path = world.path(route, world.home)

    head, refused = Browser().head(path, headers=world.reader.bearer), Browser().head(path)
    released = Disclosure.objects.count()
    read = world.reader.get(path)

    # what is not made has no length, and might be long enough to be compressed; the second call counts as one more
    alike = set(read.headers) - {"X-Request-Reference", "Content-Length", "Vary", "RateLimit"}
    assert (head.status_code, refused.status_code, content(head), released) == (200, 401, "", 0)
    assert head.headers.get("Content-Length") in (None, read.headers.get("Content-Length"))
    assert {name: head.headers.get(name) for name in alike} == {name: read[name] for name in alike}
    assert head["Vary"].startswith(read["Vary"])


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete", "trace"])
def test_no_other_method_is_answered(world, method):
    def call(route: Route) -> HttpResponse:
        world.granted(route)
        return getattr(Browser(), method)(world.path(route, world.home), headers=world.reader.bearer)

    assert everywhere(world, call) == problem(405)


def test_options_say_the_same_to_everybody(world):
    answers = [
        Browser().options(world.path(route, whose)) for route in DATA for whose in (world.home, world.foreign)
    ]

    replies = {(answer.status_code, answer["Allow"], answer.content) for answer in answers}
    assert replies == {(204, "GET, HEAD, OPTIONS", b"")}
    assert not Disclosure.objects.exists()


def test_without_a_token(world):
    assert everywhere(world, lambda route: Browser().get(world.path(route, world.home))) == problem(401)


def test_with_the_login_of_the_owner_and_no_token(world):
    browser = Browser()
    browser.force_login(world.home.owner)

    assert everywhere(world, lambda route: browser.get(world.path(route, world.home))) == problem(401)


@pytest.mark.spec("X-18")
def test_with_a_token_in_the_address(world):
    def call(route: Route) -> HttpResponse:
        world.granted(route)
        return Browser().get(world.path(route, world.home), {"access_token": world.reader.token})

    assert everywhere(world, call) == problem(400)


def test_with_a_token_that_is_nobodys(world):
    world.reader.token = "made-up"

    assert everywhere(world, lambda route: world.reader.get(world.path(route, world.home))) == problem(401)


@pytest.mark.spec("X-14")
def test_with_the_token_of_a_stopped_grant(world):
    def call(route: Route) -> HttpResponse:
        world.granted(route)
        revoke_grant(grant=world.reader.grant, by=None, actor=Actor.LINK, at=clock.now())
        return world.reader.get(world.path(route, world.home))

    assert everywhere(world, call) == problem(401)


@pytest.mark.spec("X-14")
def test_with_a_token_that_outlived_its_stopped_grant(world):
    def call(route: Route) -> HttpResponse:
        world.granted(route)
        revoke_grant(grant=world.reader.grant, by=None, actor=Actor.LINK, at=clock.now())
        world.reader.token = issue_token(world.reader.grant)
        return world.reader.get(world.path(route, world.home))

    assert everywhere(world, call) == problem(401)


def test_with_an_expired_token(world):
    def call(route: Route) -> HttpResponse:
        world.granted(route)
        past = clock.now() - timedelta(seconds=1)
        world.reader.token = issue_token(world.reader.grant, expires=past)
        return world.reader.get(world.path(route, world.home))

    assert everywhere(world, call) == problem(401)


def test_with_the_token_of_a_suspended_client(world):
    world.reader.client.status = ClientStatus.SUSPENDED
    world.reader.client.save()

    def call(route: Route) -> HttpResponse:
        world.granted(route)
        return world.reader.get(world.path(route, world.home))

    assert everywhere(world, call) == problem(401)


def test_with_a_token_for_everything_else(world):
    def call(route: Route) -> HttpResponse:
        others = sorted(set(SCOPES.values()) - set(scopes_opening(route.view.cls.resource)))
        world.reader.granted(world.home.contract, scope=" ".join(others))
        return world.reader.get(world.path(route, world.home))

    assert everywhere(world, call) == problem(403)


@pytest.mark.spec("X-15")
@pytest.mark.parametrize("whose", ["unticked", "foreign"])
def test_with_ids_that_were_not_shared(world, whose):
    service = getattr(world, whose)
    number = service.contract.contract_number
    listed = [route for route in DATA if not route.arguments]
    (file,) = set(DATA) - set(listed)

    answers = []
    for route in listed:
        world.granted(route)
        answers.append(json.loads(content(world.reader.get(route.path, {"services": number}))))
    world.granted(file)
    document = world.reader.get(world.path(file, service))

    assert document.status_code == 404
    assert [answer["resource"] for answer in answers if answer["data"]] == []
    assert {read.value_count for read in Disclosure.objects.all()} == {0}


@pytest.mark.parametrize(
    "route", [r for r in routes() if r.name in STAFF_TOKEN], ids=lambda route: route.name
)
def test_feed_files_open_to_no_token_of_a_third_party_and_no_login(world, route):
    world.reader.granted(world.home.contract, scope=" ".join(sorted(set(SCOPES.values()))))
    staff = Browser()
    staff.force_login(StaffFactory())

    answers = [world.reader.get(route.path), Browser().get(route.path), staff.get(route.path)]

    assert {answer.status_code for answer in answers} == {401}


@pytest.mark.parametrize("is_open", [False, True])
@pytest.mark.parametrize(
    "route", [r for r in routes() if r.name in OPEN_TO_CLIENTS], ids=lambda route: route.name
)
def test_open_series_tell_nothing_to_tokens_logins_and_strangers(world, settings, route, is_open):
    settings.MIX_OPEN_TO_CLIENTS = is_open
    world.reader.granted(world.home.contract, scope=" ".join(sorted(set(SCOPES.values()))))
    staff = Browser()
    staff.force_login(StaffFactory())
    query = {"region": "REGION-a"}

    answers = [
        world.reader.get(route.path, query),
        Browser().get(route.path, query),
        staff.get(route.path, query),
    ]

    assert {answer.status_code for answer in answers} == {401 if is_open else 404}


def test_staff_pages_open_to_nobody_else(db):
    stranger, customer = Browser(), Browser()
    customer.force_login(UserFactory())

    answers = {
        (route.path, who): browser.get(route.path).status_code
        for route in STAFF
        for who, browser in (("stranger", stranger), ("customer", customer))
    }

    assert len(STAFF) > 50
    assert {at: status for at, status in answers.items() if status not in {302, 403, 404, 405}} == {}


@pytest.mark.parametrize("route", [r for r in routes() if r.name in LOGIN], ids=lambda route: route.name)
def test_customers_pages_open_to_no_stranger(db, route):
    answer = Browser().get(route.path)

    assert answer.status_code in {302, 303, 404}
    if answer.status_code != 404:
        assert answer["Location"].startswith("/accounts/login/")

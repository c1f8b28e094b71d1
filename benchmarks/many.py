"""A grant of a hundred services beside a grant of one."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

from django.db import transaction
from django.test import Client as Browser

from accounts.models import MeterDevice, ServiceContract
from benchmarks import sums, tags
from benchmarks.measure import Figure, at_most, medians, prepare_to_measure, processor
from cdsc_portal.lib.time import clock
from consent.models import AccessToken, Client
from consent.queries.access import data_access
from consent.scopes.catalogue import SCOPES
from tests.factories.chain import Chain, chain
from tests.factories.consent import ClientFactory, GrantFactory, GrantPartFactory
from tests.factories.feeds import load_readings, usage_series

SERVICES = 100
_GATE_ROUNDS = 20  # a call takes a tenth of a millisecond


def figures() -> Iterator[Figure]:
    stores = chain(stores=SERVICES)
    client = ClientFactory()
    for name, scopes in (("usage", ["usage_data"]), ("all data", list(SCOPES))):
        single = token_for(stores, stores.contracts[:1], scopes, client)
        all_of_them = token_for(stores, stores.contracts, scopes, client)
        prepare_to_measure()
        with transaction.atomic():
            value, yardstick = medians(_opens(all_of_them), _opens(single), rounds=_GATE_ROUNDS)
        yield at_most(f"gate, {name} of {SERVICES} services / of one", "ms", value, yardstick, 2)
    tags.fill(stores)
    yield from tags.figures({SERVICES: all_of_them, 1: single}, client)
    yield from _mix_of_a_month(single, all_of_them, stores.meters[0])
    yield from sums.figures(stores, single, all_of_them)


def _mix_of_a_month(token: str, token_of_all: str, meter: MeterDevice) -> Iterator[Figure]:
    """Three series of one service, 17,856 shares, beside a year of one meter's quarter hours; and its days' sums of all
    services beside those of one: 108 series beside 12.
    """
    start = datetime(2024, 1, 1, tzinfo=UTC)
    load_readings(usage_series(meter, start, [100] * 35_040, scale=0))
    end = start + timedelta(days=365)
    browser = Browser(headers={"Authorization": f"Bearer {token}"})
    year = f"/usage_data?start={start:%Y-%m-%dT%H:%M:%SZ}&end={end:%Y-%m-%dT%H:%M:%SZ}"
    value, yardstick = medians(tags.get(browser, "/generation_mix"), tags.get(browser, year), rounds=6)
    yield at_most("generation mix of a month / a year of usage", "ms", value, yardstick, 2)
    days = "/generation_mix?by=day"
    ours = Browser(headers={"Authorization": f"Bearer {token_of_all}"})
    value, yardstick = processor(tags.get(ours, days), tags.get(browser, days), rounds=2)
    name = f"sums of the mix by day of {SERVICES} services / of one, in the web process"
    yield at_most(name, "ms", value, yardstick, 30)


def token_for(stores: Chain, contracts: list[ServiceContract], scopes: list[str], client: Client) -> str:
    """A token of a grant of all that is on record of `contracts`."""
    grant = GrantFactory(client=client, user=stores.owner, scope=" ".join(scopes))
    for position, scope in enumerate(scopes):
        GrantPartFactory(grant=grant, scope=scope, position=position, contracts=contracts)
    token = f"a-token-of-grant-{grant.pk}"
    AccessToken.objects.create(
        token=token,
        user=stores.owner,
        application=client,
        grant=grant,
        scope=grant.scope,
        expires=clock.now() + timedelta(hours=1),
    )
    return token


def _opens(token: str) -> Callable[[], None]:
    def call() -> None:
        if data_access(token, at=clock.now()) is None:
            raise RuntimeError("the gate must open")

    return call

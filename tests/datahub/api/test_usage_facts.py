import random
from datetime import date, timedelta

import pytest

from accounts.models import MeterDevice, ServicePoint
from accounts.queries.labels import contract_labels
from cdsc_portal.lib.time.ranges import Span
from datahub.usage.facts import usage_facts
from datahub.usage.readings import channels_of
from tests.factories.accounts import (
    EPOCH,
    ContractServicePointFactory,
    MeterDeviceFactory,
    MeterInstallationFactory,
    ServiceContractFactory,
    ServicePointFactory,
    household,
)
from tests.factories.feeds import load_readings, usage_series
from tests.factories.links import metered_spans

DAY = timedelta(days=1)


def moves(chance, place):
    """Two stretches one after the other, with or without a gap; the second may be open."""
    first, second, third = sorted(chance.sample(range(1, 60), 3))
    yield {"start": EPOCH + place * DAY, "end": EPOCH + (place + first) * DAY}
    end = None if chance.random() < 0.5 else EPOCH + (place + third + 60) * DAY
    yield {"start": EPOCH + (place + chance.choice([first, second])) * DAY, "end": end}


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.django_db
def test_one_statement_says_what_the_single_queries_say(seed):
    chance = random.Random(seed)  # noqa: S311 - a reproducible world, no secret
    contracts = [
        ServiceContractFactory(),
        ServiceContractFactory(start=date(2020, 1, 9)),
        ServiceContractFactory(end=date(2020, 1, 20)),
    ]
    points, meters = [ServicePointFactory() for _ in range(3)], [MeterDeviceFactory() for _ in range(3)]
    for place, (contract, point, meter) in enumerate(zip(contracts, points, meters, strict=True)):
        for link in moves(chance, place):
            ContractServicePointFactory(contract=contract, service_point=point, **link)
        for link in moves(chance, place):
            MeterInstallationFactory(meter=meter, service_point=point, **link)
    ContractServicePointFactory(contract=contracts[0], service_point=points[1], start=EPOCH)
    load_readings(
        usage_series(meters[0], EPOCH, [1, 2], register="1.8.0"),
        usage_series(meters[0], EPOCH - DAY, [None, 3], register="2.8.0"),
        usage_series(meters[1], EPOCH, [5], step=86_400),
        usage_series(meters[2], EPOCH, [None]),
    )
    keys = [contract.pk for contract in contracts]
    quarter = timedelta(minutes=15)
    loaded = {
        meters[0].pk: (EPOCH - DAY + quarter, EPOCH + 2 * quarter, quarter),
        meters[1].pk: (EPOCH, EPOCH + DAY, DAY),
    }

    facts = usage_facts(keys)

    measured = {meter.pk for meter in meters} & facts.meters.keys()
    assert list(facts.contracts) == contract_labels(keys)
    assert set(facts.links) == set(metered_spans(keys, Span()))
    assert facts.meters == dict(MeterDevice.objects.filter(pk__in=measured).values_list("pk", "meter_number"))
    assert facts.points == dict(
        ServicePoint.objects.filter(pk__in=facts.points).values_list("pk", "servicepoint_number")
    )
    assert {key: (load.first, load.last, load.longest) for key, load in facts.loads.items()} == {
        key: times for key, times in loaded.items() if key in measured
    }
    assert {meter: list(known) for meter, known in facts.channels.items() if known} == channels_of(measured)


@pytest.mark.django_db
def test_a_contract_without_point_or_meter_is_named_all_the_same():
    bare, pointed = ServiceContractFactory(), ServiceContractFactory()
    ContractServicePointFactory(contract=pointed)
    whole = household().contract

    facts = usage_facts([bare.pk, pointed.pk, whole.pk])

    assert {contract.key for contract in facts.contracts} == {bare.pk, pointed.pk, whole.pk}
    assert {link.contract_id for link in facts.links} == {whole.pk}

"""Tags are made of facts: one moves whenever its body does, and to compare it costs neither readings nor shares."""

import random
import re
from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Entity, Premise, SupplyTerm
from accounts.queries.row_versions import LABEL_ROWS
from consent.models import Disclosure
from consent.scopes.catalogue import SCOPES
from datahub.feeds.loading.generation_mix import load_shares
from datahub.models import BillSection, BillStatement, Channel, MixSeries
from datahub.resources.registry import RESOURCES
from datahub.resources.usage_data import USAGE_ROWS
from datahub.rows.mix import MixRow
from datahub.rows.usage import Quality
from datahub.store.tally import Origin
from tests.consent.api.reader import Reader, issue_token
from tests.datahub.mix import region
from tests.factories.accounts import (
    EntityFactory,
    Household,
    SupplyTermFactory,
    add_service,
    household,
    place,
)
from tests.factories.datahub import bill
from tests.factories.feeds import FeedFactory, FeedRunFactory, load_days, load_readings, usage_series
from tests.support.resources import LISTING_ADDRESSES, SERIES_ADDRESSES

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
LATER = datetime(2026, 11, 25, tzinfo=UTC)
# what is written only together with a row that a tag stands on
BELOW = {
    "interval_block", "datahub_periodreading", "datahub_mixshare", "datahub_mixblock", "datahub_lineitem",
    # and what says the same as the blocks, whether it is there or not
    "datahub_channelmonth", "datahub_unnotedchange",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class World:
    home: Household
    reader: Reader

    def bodies(self, addresses=LISTING_ADDRESSES, forms=("application/json",)):
        """By address and form: tag and body."""
        bodies = {}
        for address in addresses:
            for form in forms if address in SERIES_ADDRESSES else forms[:1]:
                answer = self.reader.get(address, Accept=form)
                assert answer.status_code == 200, (address, answer.content)
                bodies[address, form] = (answer["ETag"], answer.content)
        return bodies


@pytest.fixture
def world(reader, home):
    other = add_service(owner=home.owner, account=home.account)
    place(home.point, "WEST")
    term = {"contract": home.contract, "tariff_code": "EV-TOU"}
    SupplyTermFactory(**term, end=date(2026, 3, 3), supplier=EntityFactory(name="Old Supply (demo)"))
    SupplyTermFactory(**term, start=date(2026, 3, 3), supplier=EntityFactory(name="Bright Supply (demo)"))
    load_readings(usage_series(home.meter, NOON, [1, 2, 3, 4]))
    for series in MixSeries:
        load_mix(series=series)
    bill(home.contract, other.contract)
    reader.granted(home.contract, scope=" ".join(SCOPES))
    return World(home, reader)


def load_mix(*, series=MixSeries.GENERATION, share="0.4", hour=0, at=None):
    key = "EV-TOU" if series == MixSeries.CONSUMPTION else "WEST"
    run = FeedRunFactory(feed=FeedFactory(kind="generation_mix"))
    origin = Origin.of(run_id=run.pk, version_at=at or LATER, at=at or LATER)
    start = NOON + timedelta(hours=hour)
    load_shares(rows=[MixRow(1, str(series), key, start, 3600, "wind", Decimal(share))], origin=origin)


def more_readings(world):
    load_days(world.home.meter, date(2026, 3, 3), 1)


def a_correction(world):
    series = usage_series(world.home.meter, NOON, [1, 2, 9, 4], quality=Quality.CORRECTED)
    load_readings(series, version_at=LATER)


def a_withdrawal(world):
    load_readings(usage_series(world.home.meter, NOON, [None], quality=Quality.WITHDRAWN), version_at=LATER)


def the_same_again(world):
    load_readings(usage_series(world.home.meter, NOON, [1, 2, 3, 4]), at=LATER + timedelta(hours=1))


def another_unit(world):
    Channel.objects.update(unit="varh")


def a_contract_number(world):
    world.home.contract.contract_number = "renamed"
    world.home.contract.save()


def an_account_number(world):
    world.home.account.account_number = "renamed"
    world.home.account.save()


def a_customer_number(world):
    world.home.customer.customer_number = "renamed"
    world.home.customer.save()


def a_meter_number(world):
    world.home.meter.meter_number = "renamed"
    world.home.meter.save()


def a_point(world):
    world.home.point.voltage = 400
    world.home.point.save()


def an_address(world):
    Premise.objects.update(address="2 Example Street, Sampleville")


def names_of_companies(world):
    for entity in Entity.objects.all():
        entity.name += " renamed"
        entity.save()


def a_move(world):
    world.home.contract.point_links.update(end=NOON + timedelta(minutes=30))


def the_end_of_the_contract(world):
    world.home.contract.end = date(2026, 3, 1)
    world.home.contract.save()


def another_region(world):
    world.home.point.placements.update(region="EAST")


def another_tariff(world):
    SupplyTerm.objects.filter(end=None).update(tariff_code="NIGHT", tariff_name="Night")


def another_tariff_in_the_past(world):
    SupplyTerm.objects.exclude(end=None).update(tariff_code="NIGHT", tariff_name="Night")


def a_supply_term(world):
    SupplyTerm.objects.filter(end=None).update(end=date(2026, 3, 20))
    SupplyTermFactory(contract=world.home.contract, start=date(2026, 3, 20), tariff_code="GREEN")


def a_share(world):
    for series in MixSeries:
        load_mix(series=series, share="0.5", at=LATER + timedelta(hours=1))


def another_hour_of_the_mix(world):
    for series in MixSeries:
        load_mix(series=series, hour=1)


def a_day_of_the_mix_worked_out(world):
    region.amount("generated", "solar", 700)
    region.mark()
    region.work_out()


def another_bill(world):
    bill(world.home.contract, statement_date=date(2026, 3, 9))


def a_line_of_a_bill(world):
    """As a feed brings it: the section is saved, its lines are written anew."""
    for section in BillSection.objects.filter(contract=world.home.contract):
        section.amount += 1
        section.save()
        section.line_items.update(amount=section.amount)


def another_section(world):
    """Of somebody else on the same statement: it is withheld from now on, or no longer."""
    BillSection.objects.exclude(contract=world.home.contract).delete()


def a_total(world):
    BillStatement.objects.update(total=Decimal("99.5"), cds_synced=LATER)


def a_narrower_window(world):
    world.reader.grant.parts.update(window_start=NOON + timedelta(minutes=15))


def fewer_scopes(world):
    world.reader.grant.parts.filter(scope="customer_supply_details").delete()
    world.reader.grant.parts.filter(scope="customer_supply_history").delete()


def a_month_set_aside(world):
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE interval_block DETACH PARTITION interval_block_2026_03")


# each change, and an address that says something else after it
CHANGES = {
    more_readings: "/usage_data",
    a_correction: "/usage_sums",
    a_withdrawal: "/usage_sums?by=day",
    the_same_again: "/usage_data",
    another_unit: "/usage_sums",
    a_contract_number: "/bill_data",
    an_account_number: "/bill_statements",
    a_customer_number: "/supply_details",
    a_meter_number: "/distribution_details",
    a_point: "/distribution_details",
    an_address: "/distribution_details",
    names_of_companies: "/supply_history",
    a_move: "/usage_sums",
    the_end_of_the_contract: "/distribution_details",
    another_region: "/residual_mix",
    another_tariff: "/supply_history",
    another_tariff_in_the_past: "/consumption_breakdown",
    a_supply_term: "/supply_history",
    a_share: "/generation_mix",
    another_hour_of_the_mix: "/generation_mix?by=day",
    a_day_of_the_mix_worked_out: "/generation_breakdown",
    another_bill: "/bill_data",
    a_line_of_a_bill: "/bill_data",
    another_section: "/bill_statements",
    a_total: "/bill_statements",
    a_narrower_window: "/generation_mix?by=day",
    fewer_scopes: "/bill_data",
    a_month_set_aside: "/usage_data",
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_of_a_body_changes_its_tag(world, change):
    closed = "/supply" if change is fewer_scopes else "nothing"
    addresses = [address for address in LISTING_ADDRESSES if not address.startswith(closed)]
    before = world.bodies(addresses)

    change(world)

    after = world.bodies(addresses)
    changed = {place for place in before if before[place][1] != after[place][1]}
    assert (CHANGES[change], "application/json") in changed
    assert [place for place in changed if before[place][0] == after[place][0]] == []


@pytest.mark.parametrize("seed", range(2))
def test_through_many_changes_one_tag_never_stands_for_two_bodies(world, seed):
    chance = random.Random(seed)  # noqa: S311 - a reproducible order, no secret
    kept = [change for change in CHANGES if change not in {fewer_scopes, a_month_set_aside}]
    bodies_by_tag: dict[tuple[str, str], set[bytes]] = defaultdict(set)

    for change in [None, *chance.sample(kept, 8), a_month_set_aside]:
        if change:
            change(world)
        for (address, _form), (tag, body) in world.bodies(forms=("application/json", "text/csv")).items():
            bodies_by_tag[address, tag].add(body)

    assert {len(bodies) for bodies in bodies_by_tag.values()} == {1}
    assert len(bodies_by_tag) > 4 * len(LISTING_ADDRESSES)


@pytest.mark.parametrize("address", LISTING_ADDRESSES)
def test_nothing_changed_costs_the_gate_and_one_statement_and_is_not_disclosed(world, address):
    tag = world.reader.get(address)["ETag"]
    disclosed = Disclosure.objects.count()

    with CaptureQueriesContext(connection) as queries:
        answer = world.reader.get(address, **{"If-None-Match": tag})

    assert (answer.status_code, answer.content, answer["ETag"]) == (304, b"", tag)
    # calls counted, gate, versions
    assert len(queries) == 3
    assert Disclosure.objects.count() == disclosed


@pytest.mark.parametrize("address", LISTING_ADDRESSES)
def test_every_table_that_an_answer_reads_is_among_those_of_its_tag(world, address):
    resource = address.partition("?")[0].strip("/")
    more_rows = USAGE_ROWS if "?by=" in address else ()
    known = {rows.table for rows in (*LABEL_ROWS, *RESOURCES[resource].rows, *more_rows)} | BELOW

    statements: list[str] = []

    def note(execute, sql, *how):
        statements.append(sql)
        return execute(sql, *how)

    with connection.execute_wrapper(note):
        world.reader.get(address)

    # calls are counted by their token, too, before the gate
    gate = max(place for place, sql in enumerate(statements) if "token_checksum" in sql)
    read = {
        table
        for sql in statements[gate + 1 :]
        if "INSERT INTO consent_disclosure" not in sql
        for table in re.findall(r'(?:FROM|JOIN)\s+"?((?:accounts|consent|datahub|interval)_\w+)', sql)
    }
    assert len(read) > 2
    assert read - known == set()


def test_each_question_form_and_grant_has_a_tag_of_its_own(world):
    number = world.home.contract.contract_number
    questions = [
        {}, {"start": "2026-03-01"}, {"end": "2026-03-01"}, {"services": "no-such"}, {"services": number},
        {"services": f"{number},no-such"},
    ]  # fmt: skip
    plain = [address for address in SERIES_ADDRESSES if "?" not in address]
    before = {
        world.reader.get(address, question, Accept=form)["ETag"]
        for address in plain
        for question in questions
        for form in ("application/json", "text/csv")
    }
    world.reader.granted(world.home.contract, scope=" ".join(SCOPES))
    after = {world.reader.get(address)["ETag"] for address in SERIES_ADDRESSES}

    assert len(before) == len(plain) * 2 * len(questions)
    assert not before & after


def test_what_is_of_others_moves_no_tag(world):
    stranger = household()
    before = world.bodies()

    load_readings(usage_series(stranger.meter, NOON, [5]))
    SupplyTermFactory(contract=stranger.contract, tariff_code="OTHER")
    bill(stranger.contract)

    assert world.bodies() == before


@pytest.mark.parametrize(
    ("address", "change", "moment"),
    [
        ("/supply_details", lambda home: None, datetime(2026, 3, 3, 8, tzinfo=UTC)),
        ("/distribution_details", lambda home: home.contract.point_links.update(end=NOON), NOON),
        ("/distribution_details", lambda home: home.point.placements.update(end=NOON), NOON),
        ("/distribution_details", lambda home: home.point.installations.update(end=NOON), NOON),
    ],
)
def test_a_moment_that_passes_changes_the_tag_where_it_changes_the_body(world, address, change, moment):
    """Without a row being written."""
    change(world.home)
    answers = []
    for at in (moment - timedelta(seconds=1), moment):
        with time_machine.travel(at, tick=False):
            world.reader.token = issue_token(world.reader.grant)
            answers.append(world.reader.get(address))

    assert answers[0].content != answers[1].content
    assert answers[0]["ETag"] != answers[1]["ETag"]


def test_a_window_that_comes_to_its_end_changes_the_tag_of_what_it_hid(world):
    SupplyTerm.objects.filter(end=None).update(end=date(2026, 3, 9))
    end = datetime(2026, 3, 8, 8, tzinfo=UTC)
    world.reader.granted(world.home.contract, scope="customer_supply_history", end=end)
    answers = []
    for at in (end - timedelta(seconds=1), end):
        with time_machine.travel(at, tick=False):
            world.reader.token = issue_token(world.reader.grant)
            answers.append(world.reader.get("/supply_history"))

    assert answers[0]["ETag"] != answers[1]["ETag"]


def test_another_release_and_another_zone_have_other_tags(world, settings, monkeypatch):
    before = world.reader.get("/supply_history")["ETag"]

    monkeypatch.setattr("datahub.api.founding.envelope.code_digest", lambda: "another release")
    released = world.reader.get("/supply_history")["ETag"]
    settings.PUBLIC_URL = "https://portal.example.com"
    moved = world.reader.get("/supply_history")["ETag"]

    assert len({before, released, moved}) == 3

"""The tag of usage is made of facts: it moves whenever the body does, and costs no reading."""

import random
from collections import defaultdict
from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from consent.models import Disclosure
from datahub.models import Channel
from datahub.rows.usage import Quality
from datahub.usage.segments import usage_page
from tests.consent.api.reader import issue_token
from tests.factories.accounts import ContractServicePointFactory, MeterDeviceFactory, MeterInstallationFactory
from tests.factories.feeds import FeedRunFactory, load_days, load_readings, usage_series

URL = "/usage_data"
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
LATER = datetime(2026, 11, 25, tzinfo=UTC)


def load_more(home, grant):
    load_days(home.meter, date(2026, 3, 3), 1)


def load_the_same_again(home, grant):  # says when the utility's systems last confirmed it
    load_readings(usage_series(home.meter, NOON, [1, 2, 3, 4]), at=LATER)


def correct(home, grant):
    load_readings(usage_series(home.meter, NOON, [1, 2, 9, 4], quality=Quality.CORRECTED), version_at=LATER)


def withdraw(home, grant):
    series = usage_series(home.meter, NOON, [None], quality=Quality.WITHDRAWN)
    load_readings(series, version_at=LATER)


def load_a_period(home, grant):
    load_readings(usage_series(home.meter, NOON + timedelta(days=9), [7], step=86_400))


def load_another_register(home, grant):
    load_readings(usage_series(home.meter, NOON, [5], register="2.8.0", direction="export"))


def rename_the_unit(home, grant):
    Channel.objects.update(unit="kWh")


def rename_the_contract(home, grant):
    home.contract.contract_number = "renamed"
    home.contract.save()


def rename_the_point(home, grant):
    home.point.servicepoint_number = "renamed"
    home.point.save()


def rename_the_meter(home, grant):
    home.meter.meter_number = "renamed"
    home.meter.save()


def move_out(home, grant):
    home.contract.point_links.update(end=NOON + timedelta(minutes=30))


def end_the_contract(home, grant):
    home.contract.end = date(2026, 3, 1)
    home.contract.save()


def swap_the_meter(home, grant):
    home.point.installations.update(end=NOON + timedelta(minutes=30))
    MeterInstallationFactory(
        meter=MeterDeviceFactory(), service_point=home.point, start=NOON + timedelta(minutes=30)
    )


def narrow(home, grant):
    grant.parts.update(window_start=NOON + timedelta(minutes=15))


def set_a_month_aside(home, grant):
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE interval_block DETACH PARTITION interval_block_2026_03")


CHANGES = (
    load_more, load_the_same_again, correct, withdraw, load_a_period, load_another_register, rename_the_unit,
    rename_the_contract, rename_the_point, rename_the_meter, move_out, end_the_contract, swap_the_meter, narrow,
    set_a_month_aside,
)  # fmt: skip


@pytest.fixture
def grant(reader, home):
    load_readings(usage_series(home.meter, NOON, [1, 2, 3, 4]))
    return reader.granted(home.contract)


@pytest.mark.parametrize("form", ["application/json", "text/csv"])
@pytest.mark.parametrize("change", CHANGES)
def test_a_change_of_the_body_changes_the_tag(reader, home, grant, change, form):
    before = reader.get(URL, Accept=form)

    change(home, grant)

    after = reader.get(URL, Accept=form, **{"If-None-Match": before["ETag"]})
    csv_says_no_freshness = change is load_the_same_again and form == "text/csv"
    assert after.status_code == 200
    assert csv_says_no_freshness or after.content != before.content


@pytest.mark.parametrize("seed", range(3))
def test_through_many_changes_one_tag_never_stands_for_two_bodies(reader, home, grant, seed):
    chance = random.Random(seed)  # noqa: S311 - a reproducible order, no secret
    bodies: dict[str, set[bytes]] = defaultdict(set)
    questions = [{}, {"start": "2026-03-01T12:15:00Z", "end": "2026-03-04"}]

    for change in [None, *chance.sample(CHANGES[:-1], 7), set_a_month_aside]:
        if change:
            change(home, grant)
        for question in questions:
            for form in ("application/json", "text/csv"):
                answer = reader.get(URL, question, Accept=form)
                bodies[answer["ETag"]].add(answer.content)

    assert {len(answers) for answers in bodies.values()} == {1}
    assert len(bodies) > 8


def test_a_load_while_an_answer_is_made_leaves_its_tag_behind(reader, home, grant, monkeypatch):
    def loaded_meanwhile(*facts, after):
        load_more(home, grant)
        return usage_page(*facts, after=after)

    with monkeypatch.context() as patched:
        patched.setattr("datahub.resources.usage_data.usage_page", loaded_meanwhile)
        first = reader.get(URL)

    assert reader.get(URL, **{"If-None-Match": first["ETag"]}).status_code == 200


def test_two_parts_of_one_run_at_one_moment_have_two_tags(reader, home, grant):
    run, at = FeedRunFactory(), LATER
    load_readings(usage_series(home.meter, NOON, [5, 6]), run=run, at=at)
    first = reader.get(URL)

    load_readings(usage_series(home.meter, NOON + timedelta(minutes=30), [7, 8]), run=run, at=at)

    second = reader.get(URL)
    assert first.content != second.content
    assert first["ETag"] != second["ETag"]


def test_a_relative_question_keeps_its_tag_while_its_window_stands(reader, home, grant):
    reader.granted(home.contract, start=NOON)
    question = {"start": "-20y", "end": "2026-04-01"}

    first = reader.get(URL, question)
    with time_machine.travel(datetime.now(UTC) + timedelta(minutes=5), tick=False):
        later = reader.get(URL, question)

    assert later.content == first.content
    assert later["ETag"] == first["ETag"]


@pytest.mark.parametrize("start", ["-30d", "-2w", "-3mo", "-1y"])
def test_a_question_relative_in_days_is_known_all_day_long_and_no_longer(reader, home, grant, start):
    def read_at(moment, **headers):
        with time_machine.travel(moment, tick=False):
            reader.token = issue_token(grant)
            return reader.get(URL, {"start": start}, **headers)

    early, late, tomorrow = (
        datetime(2026, 3, day, hour, tzinfo=UTC) for day, hour in ((9, 8), (10, 6), (10, 7))
    )
    tag = read_at(early)["ETag"]

    assert read_at(late, **{"If-None-Match": tag}).status_code == 304
    assert read_at(tomorrow, **{"If-None-Match": tag}).status_code == 200
    assert read_at(late).json()["window"]["start"] != read_at(tomorrow).json()["window"]["start"]


def test_a_question_relative_in_hours_moves_with_the_clock(reader, home, grant):
    first = reader.get(URL, {"start": "-99999h"})
    with time_machine.travel(datetime.now(UTC) + timedelta(minutes=5), tick=False):
        later = reader.get(URL, {"start": "-99999h"})

    assert later.content != first.content
    assert later["ETag"] != first["ETag"]


def test_yesterday_is_a_whole_local_day(reader, home, grant):
    with time_machine.travel(
        datetime(2026, 3, 9, 20, tzinfo=UTC), tick=False
    ):  # the clocks changed on the 8th
        reader.token = issue_token(grant)
        window = reader.get(URL, {"start": "-1d", "end": "-1d"}).json()["window"]

    assert window == {"start": "2026-03-08T08:00:00Z", "end": "2026-03-09T07:00:00Z"}


def test_what_others_load_moves_no_tag(reader, home, grant):
    before = reader.get(URL)
    stranger = MeterDeviceFactory()
    ContractServicePointFactory()

    load_readings(usage_series(stranger, NOON, [1, 2]))

    assert reader.get(URL, **{"If-None-Match": before["ETag"]}).status_code == 304


def test_each_question_form_and_grant_has_a_tag_of_its_own(reader, home, grant):
    answers = [
        reader.get(URL),
        reader.get(URL, Accept="text/csv"),
        reader.get(URL, {"start": "2026-03-01T12:15:00Z"}),
        reader.get(URL, {"end": "2026-03-01T12:15:00Z"}),
        reader.get(URL, {"services": "no-such-number"}),
        reader.get(URL, {"services": f"{home.contract.contract_number},no-such-number"}),
    ]
    reader.granted(home.contract)
    answers.append(reader.get(URL))

    assert len({answer["ETag"] for answer in answers}) == len(answers)


def test_a_page_has_the_same_tag_and_address_each_time(reader, home, grant, monkeypatch):
    monkeypatch.setattr("datahub.usage.plan.METER_DAYS", 1)
    load_days(home.meter, date(2026, 3, 2), 3)
    first = reader.get(URL)

    again = reader.get(URL)

    assert (first["ETag"], first.content) == (again["ETag"], again.content)
    assert first.json()["next"]


def test_nothing_changed_costs_gate_and_facts_and_no_reading(reader, home, grant, monkeypatch):
    tag = reader.get(URL)["ETag"]
    monkeypatch.delattr("datahub.usage.readings.stored_segments")

    with CaptureQueriesContext(connection) as queries:
        answer = reader.get(URL, **{"If-None-Match": tag})

    assert answer.status_code == 304
    # count, gate, versions
    assert len(queries) == 3
    assert Disclosure.objects.count() == 1


def test_an_answer_costs_eight_statements(reader, home, grant, django_assert_num_queries):
    # count, savepoint, gate, versions, facts, readings, disclosure, release
    with django_assert_num_queries(8):
        reader.get(URL)

"""GET /grid/generation_breakdown and /grid/residual_mix: for registered clients, where the utility opens them."""

import base64
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.test import Client as Browser

from consent.models import Client, ClientStatus, Disclosure, RefusedCalls, ScopeSetting
from datahub.mix import segments
from datahub.models import MixSeries, OpenRelease
from tests.factories.consent import SECRET, ClientFactory
from tests.factories.datahub import hourly_mix
from tests.support.openapi import faults
from tests.support.queries import count_queries

START = datetime(2026, 3, 1, 8, tzinfo=UTC)
GENERATION, RESIDUAL = "/grid/generation_breakdown", "/grid/residual_mix"
WEST = {"region": "WEST"}


@pytest.fixture(autouse=True)
def grid(db, settings):
    settings.MIX_OPEN_TO_CLIENTS = True
    for series, wind in ((MixSeries.GENERATION, "0.3"), (MixSeries.RESIDUAL, "0.1")):
        hourly_mix(series, "WEST", START, {"wind": [Decimal(wind)] * 3})
    hourly_mix(MixSeries.GENERATION, "EAST", START, {"gas": [Decimal(1)]})
    hourly_mix(
        MixSeries.CONSUMPTION, "WEST", START, {"coal": [Decimal(1)]}
    )  # a tariff that is called like a region


@pytest.fixture
def client(db):
    return ClientFactory()


def credentials(client, secret=SECRET):
    pair = base64.b64encode(f"{client.client_id}:{secret}".encode()).decode()
    return {"Authorization": f"Basic {pair}"}


def get(client, path, query=WEST, secret=SECRET, **headers):
    return Browser().get(path, query, headers={**credentials(client, secret), **headers})


@pytest.mark.parametrize(("path", "wind"), [(GENERATION, "0.3"), (RESIDUAL, "0.1")])
def test_a_client_reads_a_series_of_a_region_and_it_is_recorded(client, path, wind):
    answer = get(client, path, {**WEST, "start": "2026-03-01T09:00:00Z"})

    answered = answer.json()
    (segment,) = answered["data"]
    assert (answered["region"], segment["start"], segment["contract_numbers"]) == (
        "WEST",
        "2026-03-01T09:00:00Z",
        [],
    )
    assert segment["sources"][0] == {"source": "wind", "shares": [wind, wind]}
    release = OpenRelease.objects.get()
    assert (release.client, release.resource, release.region) == (client, path.removeprefix("/grid/"), "WEST")
    assert (release.start, release.end, release.value_count) == (datetime(2026, 3, 1, 9, tzinfo=UTC), None, 4)
    assert not Disclosure.objects.exists()


def test_head_asks_for_the_secret_and_releases_nothing(client):
    head = Browser().head(GENERATION, WEST, headers=credentials(client))
    refused = Browser().head(GENERATION, WEST)

    assert (head.status_code, b"".join(head.streaming_content), refused.status_code) == (200, b"", 401)
    assert not OpenRelease.objects.exists()
    read = get(client, GENERATION)
    assert (head["ETag"], head["Content-Type"]) == (read["ETag"], read["Content-Type"])
    assert "Content-Length" not in head
    assert OpenRelease.objects.count() == 1


def test_options_say_what_is_answered_to_who_may_ask(client, settings):
    answers = [Browser().options(GENERATION, headers=headers) for headers in (credentials(client), {})]
    settings.MIX_OPEN_TO_CLIENTS = False
    closed = Browser().options(GENERATION, headers=credentials(client))

    assert [answer.status_code for answer in (*answers, closed)] == [204, 401, 404]
    assert answers[0]["Allow"] == "GET, HEAD, OPTIONS"
    assert not OpenRelease.objects.exists()


def test_closed_there_is_nothing_for_anybody(client, settings):
    settings.MIX_OPEN_TO_CLIENTS = False

    answers = [get(client, GENERATION), get(client, RESIDUAL), Browser().get(GENERATION, WEST)]

    assert {answer.status_code for answer in answers} == {404}
    assert not OpenRelease.objects.exists()


def test_what_tariffs_consumed_has_no_open_address(client):
    assert get(client, "/grid/consumption_breakdown").status_code == 404
    assert get(client, "/grid/generation_mix").status_code == 404
    with pytest.raises(ValueError, match="not of a region"):
        segments.grid_series(MixSeries.CONSUMPTION, "WEST", segments.Span())


@pytest.mark.parametrize(
    "facts",
    [
        {"status": ClientStatus.SUSPENDED},
        {"status": ClientStatus.DISABLED},
        {"client_type": Client.CLIENT_PUBLIC},
    ],
)
def test_clients_that_may_not_read_look_like_strangers(facts):
    refused = get(ClientFactory(**facts), GENERATION)

    assert refused.status_code == 401
    assert refused["WWW-Authenticate"] == 'Basic realm="oauth"'
    assert not OpenRelease.objects.exists()


def test_a_wrong_secret_reads_nothing(client):
    assert get(client, GENERATION, secret="guessed").status_code == 401


def test_guesses_at_a_secret_are_counted(client, settings):
    settings.OAUTH_FAILURES_PER_MINUTE = 2

    answers = [get(client, GENERATION, secret="guessed").status_code for _ in range(4)]

    assert answers == [401, 401, 429, 429]


def test_a_name_that_no_client_can_have_is_a_stranger(client):
    client.client_id = "nobody\x00"

    assert get(client, GENERATION).status_code == 401


def test_a_scope_that_staff_keep_from_a_client_stays_kept():
    answer = get(ClientFactory(allowed_scopes=["usage_data", "generation_breakdown"]), RESIDUAL)

    assert (answer.status_code, answer.json()["code"]) == (403, "insufficient_scope")


@pytest.mark.parametrize("whose", ["everybody", "the client"])
def test_a_scope_that_staff_switched_off_opens_nothing(client, whose):
    client.allowed_scopes = ["residual_mix", "customer_generation_breakdown"]
    client.save()
    ScopeSetting.objects.create(
        scope="residual_mix", client=None if whose == "everybody" else client, is_open=False
    )

    assert get(client, RESIDUAL).status_code == 403
    assert get(client, GENERATION).status_code == 200  # by another of its names


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ({}, "region"),
        ({"region": " "}, "region"),
        ({"region": "W" * 51}, "region"),
        ({**WEST, "services": "4711"}, "services"),
        ({**WEST, "start": "yesterday-ish"}, "start"),
        ({**WEST, "tariff": "GREEN"}, "tariff"),
    ],
)
def test_bad_parameters_are_named(client, query, parameter):
    answer = get(client, GENERATION, query)

    assert (answer.status_code, answer.json()["parameter"]) == (400, parameter)


def test_what_did_not_change_is_not_recorded_again(client):
    tag = get(client, GENERATION)["ETag"]

    assert get(client, GENERATION, **{"If-None-Match": tag}).status_code == 304
    assert OpenRelease.objects.count() == 1


def test_what_did_not_change_costs_who_calls_its_count_and_the_versions(client, django_assert_num_queries):
    tag = get(client, GENERATION)["ETag"]

    with django_assert_num_queries(3):
        assert get(client, GENERATION, **{"If-None-Match": tag}).status_code == 304


def test_what_a_client_is_refused_is_counted_once_it_proved_who_it_is(client):
    get(client, GENERATION, {})
    get(client, GENERATION, {}, secret="wrong")
    last = get(client, GENERATION, {})
    get(client, GENERATION)

    row = RefusedCalls.objects.get()
    assert (row.client, row.status, row.code, row.calls) == (client, 400, "invalid_parameter", 2)
    assert row.reference == last["X-Request-Reference"]


@pytest.mark.parametrize("known", ["the tag", "*"])
def test_a_tag_opens_nothing_that_is_closed(known):
    client = ClientFactory(allowed_scopes=["residual_mix"])
    tag = get(client, RESIDUAL)["ETag"]
    headers = {"If-None-Match": tag if known == "the tag" else known}
    assert get(client, RESIDUAL, **headers).status_code == 304

    setting = ScopeSetting.objects.create(scope="residual_mix", client=client, is_open=False)
    closed_by_staff = get(client, RESIDUAL, **headers)
    setting.delete()
    Client.objects.update(allowed_scopes=["usage_data"])
    taken_away = get(client, RESIDUAL, **headers)

    assert [closed_by_staff.status_code, taken_away.status_code] == [403, 403]


def test_pages_follow_each_other(client, monkeypatch):
    monkeypatch.setattr(segments, "SHARES_A_PAGE", 3)

    first = get(client, GENERATION).json()
    second = Browser().get(first["next"], headers=credentials(client)).json()

    starts = [segment["start"] for page in (first, second) for segment in page["data"]]
    assert starts == ["2026-03-01T08:00:00Z", "2026-03-01T10:00:00Z"]
    assert second["next"] is None


def test_calls_beyond_the_limit_wait(client, settings):
    settings.OAUTH_CALLS_PER_MINUTE = 1
    get(client, GENERATION)

    refused = get(client, GENERATION)

    assert refused.status_code == 429
    assert int(refused["Retry-After"]) > 0


def test_many_steps_cost_as_many_queries_as_few(client):
    few = count_queries(lambda: get(client, GENERATION, {**WEST, "end": "2026-03-01T09:00:00Z"}))
    hourly_mix(MixSeries.RESIDUAL, "NORTH", START, {"wind": [Decimal("0.1")] * 100})

    many = count_queries(lambda: get(client, RESIDUAL, {"region": "NORTH"}))

    assert many == few


def test_the_answer_is_what_the_schema_says(client):
    document = Browser().get("/api/schema").json()

    assert faults(document, RESIDUAL, get(client, RESIDUAL).json()) == []

"""GET /metrics"""

import json
import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import requests
import yaml
from django.conf import settings as project
from django.db import OperationalError
from django.test import Client

from accounts.models import OutgoingMail
from accounts.tasks import note_worker
from cdsc_portal import env
from cdsc_portal.lib.time import clock
from datahub.models import FeedRun, FeedSource, RunStatus
from datahub.store.partitions import ensure_coming_partitions
from tests.factories.feeds import FeedFactory
from tests.web.server import KEY, OVER_TLS, running_server

DEPLOY = project.BASE_DIR / "deploy"

pytestmark = pytest.mark.django_db


def figures(client: Client, **more: object) -> dict[str, float]:
    """Each line of the answer: its name with labels, and its value."""
    answer = client.get("/metrics", **more)
    assert (answer.status_code, answer["Cache-Control"]) == (200, "no-store")
    assert answer["Content-Type"].startswith("text/plain; version=")
    lines = [line for line in answer.content.decode().splitlines() if not line.startswith("#")]
    return {name: float(value) for name, value in (line.rsplit(" ", 1) for line in lines)}


@pytest.mark.parametrize("address", ["203.0.113.7", "10.9.0.1", "::2", ""])
def test_there_is_nothing_for_who_is_outside_the_networks(client, settings, address):
    settings.METRICS_NETWORKS = env.read(
        {"DEVELOPMENT": "1", "METRICS_NETWORKS": "10.8.0.0/16, ::1/128"}
    ).metrics_networks

    assert client.get("/metrics", REMOTE_ADDR=address).status_code == 404
    assert client.get("/metrics", REMOTE_ADDR="10.8.200.1").status_code == 200
    assert client.get("/metrics", REMOTE_ADDR="::1").status_code == 200


def test_behind_the_proxy_the_caller_counts_and_not_the_proxy(client, settings):
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

    assert client.get("/metrics", headers={"X-Forwarded-For": "203.0.113.7"}).status_code == 404


def test_a_production_server_shows_nothing_until_a_network_is_named():
    production = {
        "SECRET_KEY": KEY,
        "PUBLIC_URL": "https://share.example.com",
        "DATABASE_URL": "postgresql://db.example.com",
    }

    assert env.read(production).metrics_networks == ()


def test_what_is_no_network_is_refused_by_name():
    with pytest.raises(env.EnvironmentValueError, match=r"METRICS_NETWORKS.*10\.0\.0\.300"):
        env.read({"DEVELOPMENT": "1", "METRICS_NETWORKS": "10.0.0.300"})


@pytest.mark.django_db(transaction=True)
def test_the_counts_of_all_processes_are_added_up(tmp_path):
    with running_server(tmp_path, WEB_PROCESSES="2", METRICS_NETWORKS="127.0.0.0/8") as port:
        with ThreadPoolExecutor(8) as pool:
            list(
                pool.map(
                    lambda _: requests.get(f"http://127.0.0.1:{port}/docs/", headers=OVER_TLS, timeout=60),
                    range(40),
                )
            )
        texts = [requests.get(f"http://127.0.0.1:{port}/metrics", timeout=60).text for _ in range(5)]

    line = 'cdsc_requests_total{method="GET",route="docs/",status="200"} 40.0'
    assert all(line in text.splitlines() for text in texts)


def test_it_says_how_feeds_mail_and_workers_stand(client):
    at = clock.now()
    feed = FeedFactory(name="Meters (demo)", expected_every_days=1)
    for status, created in (
        (RunStatus.DONE, at),
        (RunStatus.FAILED, at),
        (RunStatus.FAILED, at - timedelta(days=9)),
    ):
        FeedRun.objects.create(
            feed=feed,
            status=status,
            created=created,
            size=1,
            finished=at - timedelta(hours=1) if status == RunStatus.DONE else None,
        )
    FeedSource.objects.create(feed=feed, kind="folder", address="/in", problem="is not there")
    OutgoingMail.objects.create(
        kind="receipt", dedup_key="1", to="ann@example.com", created=at - timedelta(hours=1)
    )
    OutgoingMail.objects.create(kind="receipt", dedup_key="2", to="ann@example.com", attempts=1)
    ensure_coming_partitions(today=at.date())
    note_worker("interactive")

    shown = figures(client)

    assert shown['cdsc_feed_runs{status="failed"}'] == 1
    assert shown['cdsc_feed_runs{status="waiting"}'] == 0
    assert shown['cdsc_feed_age_seconds{feed="Meters (demo)"}'] == pytest.approx(3600, abs=60)
    assert -2 * 86_400 <= shown['cdsc_feed_late_seconds{feed="Meters (demo)"}'] < 0
    assert shown["cdsc_feed_sources_failing"] == 1
    assert (shown["cdsc_mail_waiting"], shown["cdsc_mail_failed"]) == (1, 1)
    assert shown['cdsc_queue_silent_seconds{queue="interactive"}'] < 60
    for table in ("interval_block", "consent_disclosure"):
        assert shown[f'cdsc_partitions_ahead{{table="{table}"}}'] >= 2
    assert shown["cdsc_database_answers"] == 1
    assert sum(name.startswith("cdsc_table_bytes") for name in shown) == 10


def test_requests_and_refusals_are_counted_by_route_without_what_is_in_the_address(client):
    before = figures(client)
    client.get("/usage_data?services=S3CRET")
    client.get("/nowhere/s3cret/")
    client.generic("S3CRET", "/usage_data")
    after = figures(client)

    def more(name: str) -> float:
        return after.get(name, 0) - before.get(name, 0)

    assert more('cdsc_requests_total{method="GET",route="usage_data",status="401"}') == 1
    assert more('cdsc_requests_total{method="GET",route="none",status="404"}') == 1
    assert sum(more(name) for name in after if name.startswith('cdsc_requests_total{method="other"')) == 1
    assert more('cdsc_refusals_total{code="token_needed",status="401"}') >= 1
    assert not [name for name in after if re.search("s3cret", name, re.IGNORECASE)]


def test_each_alert_and_panel_rests_on_figures_that_are_there_and_each_alert_has_its_steps(client):
    client.get("/usage_data")
    FeedFactory(expected_every_days=1)
    there = {re.split(r"[{ ]", name)[0] for name in figures(client)} | {"up"}
    rules = yaml.safe_load((DEPLOY / "alerts.yaml").read_text())["groups"][0]["rules"]
    panels = json.loads((DEPLOY / "grafana.json").read_text())["panels"]
    expressions = [rule["expr"] for rule in rules]
    expressions += [target["expr"] for panel in panels for target in panel["targets"]]
    headings = re.findall(r"^### (.+)$", (DEPLOY.parent / "docs" / "operations.md").read_text(), re.MULTILINE)
    anchors = {heading.lower().replace(" ", "-") for heading in headings}

    used = {name for expression in expressions for name in re.findall(r"\b(?:cdsc_\w+|up)\b", expression)}

    assert used - there <= {"cdsc_disclosures_total"}  # released nothing yet
    assert len(rules) >= 12
    for rule in rules:
        page, _, anchor = rule["annotations"]["runbook"].partition("#")
        assert (page, anchor in anchors) == ("docs/operations.md", True), rule["alert"]


def test_a_database_that_does_not_answer_is_a_figure(client, monkeypatch):
    def fails(**_: object) -> None:
        raise OperationalError

    monkeypatch.setattr("cdsc_portal.web.metrics.feed_figures", fails)

    shown = figures(client)

    assert shown["cdsc_database_answers"] == 0
    assert "cdsc_mail_waiting" not in shown


def test_it_takes_nine_statements_however_much_there_is(client, django_assert_num_queries):
    client.get("/metrics")
    with django_assert_num_queries(9):
        client.get("/metrics")
    for number in range(3):
        FeedFactory(name=f"Feed {number}")
    with django_assert_num_queries(9):
        client.get("/metrics")

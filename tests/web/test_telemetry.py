"""Traces and errors that leave for a collector and for Sentry say what happened, and nothing about whom."""

import gzip
import json
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import requests
from celery import shared_task, signals
from django.core.signals import got_request_exception
from django.test import Client as Browser
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from cdsc_portal import env, telemetry
from consent.models import Grant
from tests.consent.oauth.third_party import ThirdParty
from tests.factories.accounts import household
from tests.factories.consent import approve
from tests.journeys.consent_steps import request_of
from tests.web.server import OVER_TLS, running_server
from tools.files import ROOT

PERSONAL = ("marta@example.com", "token-of-marta", "312.5 kWh", "Marta Petersen", "S3CRET")
TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


class Collector(BaseHTTPRequestHandler):
    """Takes spans as a collector does, and envelopes as Sentry does."""

    received: list[tuple[str, bytes]] = []

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.headers.get("Content-Encoding") == "gzip":
            body = gzip.decompress(body)
        self.received.append((self.path, body))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_args):
        pass


@pytest.fixture
def collector():
    """The port of one on this machine."""
    Collector.received.clear()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Collector)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_port
    server.shutdown()


def spans():
    received = [body for path, body in Collector.received if path == "/v1/traces"]
    exports = [ExportTraceServiceRequest.FromString(body) for body in received]
    return [
        span
        for export in exports
        for resource in export.resource_spans
        for scope in resource.scope_spans
        for span in scope.spans
    ]


def attributes(span):
    return {each.key: each.value.string_value or each.value.int_value for each in span.attributes}


def errors():
    envelopes = [body for path, body in Collector.received if path.endswith("/envelope/")]
    return [json.loads(body.split(b"\n")[2]) for body in envelopes]


def everything():
    return "\n".join(f"{path} {body!r}" for path, body in Collector.received)


@pytest.fixture
def telling(collector, settings):
    """This process sends, until the test ends."""
    import sentry_sdk

    variables = {
        "DEVELOPMENT": "1",
        "TRACES_URL": f"http://127.0.0.1:{collector}",
        "SENTRY_DSN": f"http://key@127.0.0.1:{collector}/1",
    }
    telemetry.start(env.read(variables), release="7.1")
    settings.MIDDLEWARE = ["cdsc_portal.telemetry.TracingMiddleware", *settings.MIDDLEWARE]
    yield
    telemetry._Traces.provider.shutdown()
    telemetry._Traces.provider = None
    sentry_sdk.get_client().close()
    sentry_sdk.init()
    got_request_exception.disconnect(dispatch_uid="report to Sentry")
    for signal in (signals.task_failure, signals.task_prerun, signals.task_postrun):
        for uid in ("report to Sentry", "trace a task"):
            signal.disconnect(dispatch_uid=uid)


def sent():
    import sentry_sdk

    telemetry.flush()
    sentry_sdk.flush(10)


def fails(*_args, **_options):
    name, token, reading, person, _secret = PERSONAL
    try:
        raise LookupError(f"{person} has no {reading}")
    except LookupError as error:
        raise ValueError(f"{name} {token}") from error


@shared_task(name="tests.task_that_fails")
def task_that_fails(address):
    fails(address)


@pytest.mark.django_db
def test_a_call_for_data_is_a_span_below_its_callers_with_route_and_public_ids(telling):
    approve(request_of(household()))
    grant = Grant.objects.get()
    token = ThirdParty(grant.client).tokens_for(grant)["access_token"]
    headers = {"Authorization": f"Bearer {token}", "traceparent": TRACE}

    answer = Browser().get("/usage_data?services=S3CRET", headers=headers)
    Browser().generic("S3CRET", "/usage_data/S3CRET")
    sent()

    span = next(span for span in spans() if span.name == "usage_data")
    assert (span.trace_id.hex(), span.parent_span_id.hex()) == (TRACE[3:35], TRACE[36:52])
    assert attributes(span) == {
        "http.route": "usage_data",
        "http.request.method": "GET",
        "http.response.status_code": answer.status_code,
        "reference": answer["X-Request-Reference"],
        "client": grant.client.public_id,
        "grant": grant.public_id,
    }
    assert not [secret for secret in (*PERSONAL, token, grant.user.email) if secret in everything()]


@pytest.mark.django_db
def test_an_error_of_a_page_is_reported_by_type_and_places(telling, monkeypatch):
    monkeypatch.setattr("cdsc_portal.web.views.health.problems", fails)
    browser = Browser(raise_request_exception=False, headers={"Cookie": "name=token-of-marta"})

    answer = browser.get("/health/ready?to=marta@example.com", headers={"User-Agent": "Marta Petersen"})
    sent()

    (error,) = errors()
    values = error["exception"]["values"]
    assert [value["type"] for value in values] == ["LookupError", "ValueError"]
    assert values[-1]["stacktrace"]["frames"][-1]["function"] == "fails"
    assert error["tags"] == {"route": "health/ready", "reference": answer["X-Request-Reference"]}
    assert set(error) <= {*telemetry._KEPT, "exception"}
    assert not [secret for secret in PERSONAL if secret in everything()]


def test_a_task_is_a_span_and_its_error_a_report_without_its_values(telling):
    assert task_that_fails.apply(args=["marta@example.com"]).failed()
    sent()

    (span,), (error,) = spans(), errors()
    assert (span.name, attributes(span)) == ("tests.task_that_fails", {"state": "FAILURE"})
    assert error["tags"]["task"] == "tests.task_that_fails"
    assert not [secret for secret in PERSONAL if secret in everything()]


@pytest.mark.django_db(transaction=True)
def test_a_server_that_is_told_of_a_collector_sends_to_it(collector, tmp_path):
    with running_server(tmp_path, TRACES_URL=f"http://127.0.0.1:{collector}") as port:
        requests.get(f"http://127.0.0.1:{port}/docs/", headers=OVER_TLS, timeout=60)

    assert "docs/" in [span.name for span in spans()]


def test_off_nothing_of_it_is_imported():
    program = (
        "import sys, django; django.setup(); import cdsc_portal.wsgi, cdsc_portal.celery;"
        "print([name for name in sys.modules if name.split('.')[0] in ('opentelemetry', 'sentry_sdk')"
        " or name == 'cdsc_portal.telemetry'])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True,
        env={"DEVELOPMENT": "1", "DJANGO_SETTINGS_MODULE": "cdsc_portal.settings", "PATH": "/usr/bin:/bin"},
    )  # fmt: skip

    assert done.stdout.strip() == "[]"


def test_a_server_without_the_packages_says_what_is_missing():
    program = "import sys; sys.modules['opentelemetry'] = None; import django; django.setup()"
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True,
        env={
            "DEVELOPMENT": "1", "TRACES_URL": "http://127.0.0.1:1", "PATH": "/usr/bin:/bin",
            "DJANGO_SETTINGS_MODULE": "cdsc_portal.settings",
        },
    )  # fmt: skip

    assert done.returncode != 0
    assert "requirements/telemetry.txt" in done.stderr.splitlines()[-1]

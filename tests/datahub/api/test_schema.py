"""The OpenAPI document, and the server held against it."""

import json
import re
from datetime import date

import pytest
import schemathesis
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.test import Client as Browser
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as hypothesis_settings
from openapi_spec_validator import validate
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from consent.models import ScopeSetting
from consent.scopes.catalogue import SCOPES
from datahub.resources.registry import RESOURCES
from tests.consent.api.reader import Reader
from tests.factories.accounts import household
from tests.factories.each_resource import add_data_of_each_resource
from tests.factories.feeds import load_days
from tests.support.openapi import faults
from tests.support.resources import DOCUMENT_PATHS, GATED_PATHS, OPEN_PATHS, STREAM_PATHS

FEEDS = {"/api/feeds/{feed_id}/files", "/api/feeds/{feed_id}/files/{run_id}"}
CHECKS = [  # what text a date may be stands in words: a schema cannot say it
    not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance,
]  # fmt: skip


@pytest.fixture
def document(db):
    return Browser().get("/api/schema").json()


@pytest.fixture
def feed_document():
    return Browser().get("/api/feeds/schema").json()


def test_the_documents_are_openapi_3_1_and_need_no_login(document, feed_document):
    for each, paths in ((document, GATED_PATHS), (feed_document, FEEDS)):
        validate(each)
        assert each["openapi"].startswith("3.1")
        assert set(each["paths"]) == paths


def test_no_path_that_is_switched_off_stands_in_the_document(db, settings):
    def paths():
        return set(Browser().get("/api/schema").json()["paths"])

    settings.UTILITY_ROLE = "distribution"
    assert paths() == GATED_PATHS - {"/supply_details", "/supply_history"}
    settings.UTILITY_ROLE = "full"
    ScopeSetting.objects.create(scope="usage_data", is_open=False)
    assert paths() == GATED_PATHS - {"/usage_data", "/usage_sums", "/usage_data/file"}
    ScopeSetting.objects.create(scope="generation_mix", is_open=False)
    assert "/residual_mix" in paths() and "/generation_mix" not in paths()
    settings.MIX_OPEN_TO_CLIENTS = True
    assert paths() >= OPEN_PATHS


def test_a_token_comes_from_the_code_flow_with_the_scopes_that_open_an_operation(document, settings):
    flow = document["components"]["securitySchemes"]["grant"]["flows"]["authorizationCode"]

    assert flow["authorizationUrl"] == f"{settings.PUBLIC_URL}/oauth/authorize/"
    assert flow["tokenUrl"] == flow["refreshUrl"] == f"{settings.PUBLIC_URL}/oauth/token/"
    assert set(flow["scopes"]) == set(SCOPES)
    security = document["paths"]["/residual_mix"]["get"]["security"]
    assert security == [{"grant": ["residual_mix"]}, {"grant": ["generation_mix"]}]


def test_each_member_each_parameter_and_each_tag_has_words(document, feed_document):
    for each in (document, feed_document):
        members = [
            (component, name)
            for component, schema in each["components"]["schemas"].items()
            for name, member in schema.get("properties", {}).items()
            if not member.get("description")
        ]
        assert members == []
        assert not any(component.endswith("Shape") for component in each["components"]["schemas"])
        declared = {tag["name"] for tag in each["tags"] if tag["description"]}
        for methods in each["paths"].values():
            for operation in methods.values():
                assert set(operation["tags"]) <= declared
                assert all(parameter["description"] for parameter in operation["parameters"])


def test_answers_say_their_headers_and_parameters_their_form(document, reader, home):
    load_days(home.meter, date(2026, 3, 1), 1)
    reader.granted(home.contract)
    operation = document["paths"]["/usage_data"]["get"]
    schemas = {parameter["name"]: parameter["schema"] for parameter in operation["parameters"]}

    answer = reader.get("/usage_data", Accept="text/csv")

    named = set(operation["responses"]["200"]["headers"])
    assert {"ETag", "X-Request-Reference", "CDSC-Window", "CDSC-Time-Zone", "CDSC-Services", "Link"} <= named
    assert named - set(answer.headers) == {"Link"}  # the only page
    assert "ETag" in operation["responses"]["304"]["headers"]
    assert "WWW-Authenticate" in operation["responses"]["401"]["headers"]
    assert "Retry-After" in operation["responses"]["503"]["headers"]
    assert "If-None-Match" in schemas
    for text in ("now", "-3y", "+18mo", "2026-03-01", "2026-03-01T08:00:00Z", "2026-03-01T08:00:00.5+02:00"):
        assert re.search(schemas["start"]["pattern"], text) and re.search(schemas["end"]["pattern"], text)
    assert not re.search(schemas["start"]["pattern"], "yesterday")
    assert re.search(schemas["services"]["pattern"], "7000-1, 7000-2")
    assert not re.search(schemas["services"]["pattern"], "7000-1,,7000-2")


def test_each_operation_says_which_token_it_takes_and_how_it_refuses(document):
    for path in GATED_PATHS:
        operation = document["paths"][path]["get"]
        assert all(list(each) == ["grant"] for each in operation["security"])
        assert path in STREAM_PATHS or "304" in operation["responses"]
        assert {"200", "400", "401", "403", "405", "406", "500", "503"} <= set(operation["responses"])
        assert set(operation["responses"]["401"]["content"]) == {"application/problem+json"}


def test_feed_files_take_a_token_of_staff_and_no_grant(feed_document):
    operations = [operation for path in FEEDS for operation in feed_document["paths"][path].values()]

    assert len(operations) == 2
    for operation in operations:
        assert operation["security"] == [{"staff_token": []}]
        assert {"200", "400", "401", "404", "429", "500", "503"} <= set(operation["responses"])
        assert set(operation["responses"]["401"]["content"]) == {"application/problem+json"}


def test_open_series_take_a_client_and_no_token(db, settings):
    settings.MIX_OPEN_TO_CLIENTS = True
    document = Browser().get("/api/schema").json()

    for path in OPEN_PATHS:
        operation = document["paths"][path]["get"]
        assert operation["security"] == [{"client": []}]
        assert {"200", "304", "400", "401", "403", "404", "429"} <= set(operation["responses"])


@pytest.mark.parametrize("path", sorted(GATED_PATHS - DOCUMENT_PATHS - STREAM_PATHS))
def test_each_example_is_what_the_schema_says(document, path):
    examples = document["paths"][path]["get"]["responses"]["200"]["content"]["application/json"]["examples"]

    for example in examples.values():
        assert faults(document, path, example["value"]) == []


def test_the_objects_of_the_guide_are_what_the_schema_says(document):
    guide = (settings.BASE_DIR / "docs" / "api.md").read_text(encoding="utf-8")
    sections = re.findall(r"^### (`.+?)$.+?```json\n(.+?)```", guide, flags=re.MULTILINE | re.DOTALL)
    envelope = json.loads(re.search(r"```json\n(.+?)```", guide, flags=re.DOTALL).group(1))

    assert faults(document, "/usage_data", envelope) == []
    items = {re.match(r"`(\w+)`", heading).group(1): item for heading, item in sections}
    assert {RESOURCES[name].shape for name in items} == {resource.shape for resource in RESOURCES.values()}
    for name, item in items.items():
        assert faults(document, f"/{name}", envelope | {"data": [json.loads(item)]}) == [], name


@pytest.fixture
def world(db, settings, tmp_path):
    """One customer with data of all kinds and a token for all of it."""
    settings.MEDIA_ROOT = tmp_path
    home = household()
    add_data_of_each_resource(home, "a")
    reader = Reader()
    reader.granted(home.contract, scope=" ".join(SCOPES))
    return reader


@pytest.mark.parametrize("path", sorted(GATED_PATHS - DOCUMENT_PATHS))
def test_a_full_and_an_empty_answer_are_what_the_schema_says(document, world, path):
    full, empty = (json.loads(b"".join(world.get(path, query))) for query in ({}, {"services": "nobody"}))

    assert faults(document, path, full) == faults(document, path, empty) == []
    assert full["data"]
    assert empty["data"] == []


@pytest.mark.django_db(transaction=True)
def test_made_up_calls_meet_no_500_and_no_answer_outside_the_schema(world):
    schema = schemathesis.openapi.from_wsgi("/api/schema", get_wsgi_application())
    tried = set()

    for path in sorted(GATED_PATHS):

        @given(case=schema[path]["GET"].as_strategy())
        @hypothesis_settings(
            max_examples=15,
            deadline=None,
            database=None,
            derandomize=True,
            phases=[Phase.explicit, Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        def call(case):
            # over WSGI nobody would decompress what it reads
            headers = {"Authorization": f"Bearer {world.token}", "Accept-Encoding": "identity"}
            answer = case.call_and_validate(headers=headers, checks=CHECKS)
            tried.add((case.path, answer.status_code))

        call()

    assert {path for path, status in tried if status == 200} == GATED_PATHS - DOCUMENT_PATHS

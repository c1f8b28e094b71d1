"""The OpenAPI document of these APIs, and the server held against it."""

import pytest
import schemathesis
from django.core.wsgi import get_wsgi_application
from django.test import Client as Browser
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as hypothesis_settings
from openapi_schema_validator import OAS31Validator
from openapi_spec_validator import validate
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from consent.api.cds import endpoints
from consent.models import CoverageEntry
from tests.consent.api.cds.coverage import listed_entry
from tests.consent.api.cds.grant_admin import FILES, files_party, granted, object_of, provide, token_for
from tests.consent.api.cds.messages import file as attached
from tests.consent.api.cds.messages import written
from tests.consent.api.cds.third_party import bearer, register
from tests.spec.guards import BY_OWN_TOKEN

ADDRESS = "/api/cds/schema"
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]


@pytest.fixture
def document(db):
    return Browser().get(ADDRESS).json()


@pytest.fixture
def world(db, client, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    for limit in ("API_CALLS_PER_MINUTE", "PUBLIC_CALLS_PER_MINUTE", "REGISTRATIONS_PER_MINUTE"):
        setattr(settings, limit, 100_000)
    party = files_party(client)
    listed_entry()
    return party


def test_the_document_is_openapi_3_1_and_has_every_method_that_is_served(document):
    validate(document)
    described = {(path, method) for path, methods in document["paths"].items() for method in methods}

    assert document["openapi"].startswith("3.1")
    assert len(document["paths"]) == len(endpoints.all_endpoints())
    assert sum(len(route.view.answers) for route in BY_OWN_TOKEN) <= len(described)


def test_each_member_parameter_and_operation_has_words(document):
    for name, schema in document["components"]["schemas"].items():
        assert [
            member for member, each in schema["properties"].items() if not each.get("description")
        ] == [], name
    for methods in document["paths"].values():
        for operation in methods.values():
            assert len(operation["summary"]) > 5
            assert all(parameter["description"] for parameter in operation["parameters"])


def test_answers_are_what_the_document_says(document, world, client):
    file = provide(world)
    files_token = token_for(world, granted(file))
    listings = {"/cds/clients": world.token, "/cds/credentials": world.token, "/cds/grants": world.token}
    message_with_a_file(world)
    listings["/cds/messages"] = world.token
    listings |= {"/cds/files": files_token, "/cds/coverage": world.token}

    for path, token in listings.items():
        answer = client.get(path, headers=bearer(token)).json()
        schema = document["paths"][path]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
        whole = OAS31Validator({**schema, "components": document["components"]})
        assert [error.message for error in whole.iter_errors(answer)] == [], path
        assert any(answer.values()), path
    made = register(client).json()
    schema = document["paths"]["/cds/registration"]["post"]["responses"]["201"]["content"][
        "application/json"
    ]["schema"]
    whole = OAS31Validator({**schema, "components": document["components"]})
    assert [error.message for error in whole.iter_errors(made)] == []


def test_what_no_token_opens_says_no_token(document):
    operations = {
        path: operation["security"]
        for path, methods in document["paths"].items()
        for operation in methods.values()
    }

    assert operations["/cds/coverage"] == [] == operations["/cds/registration"]
    assert operations["/cds/clients"] == [{"cds_client_admin": ["cds_client_admin"]}]
    assert operations["/cds/files"] == [{"cds_grant_admin": ["cds_grant_admin"]}]


@pytest.mark.django_db(transaction=True)
def test_made_up_calls_meet_no_500_and_no_answer_outside_the_document(world):
    schema = schemathesis.openapi.from_wsgi(ADDRESS, get_wsgi_application())
    file = provide(world)
    files_token = token_for(world, granted(file))
    own = {
        "client_id": world.sandbox.client_id,
        "credential_id": world.sandbox.credentials.get().public_id,
        "grant_id": object_of(world, FILES).grants.get().public_id,
        "file_id": file.public_id,
        "entry_id": CoverageEntry.objects.get().entry_id,
        **message_with_a_file(world),
    }
    tried = set()

    for path in sorted(schema):
        token = files_token if path.startswith("/cds/files") else world.token
        for method in schema[path]:
            statuses = try_made_up_calls(schema[path][method], own, token)
            tried |= {(path, method.upper(), status) for status in statuses}

    assert {status for _path, _method, status in tried} >= {200, 400}
    assert {path for path, _method, status in tried if status == 200} >= {
        "/cds/clients",
        "/cds/grants",
        "/cds/files",
    }


def message_with_a_file(world):
    """Its ids."""
    sent = {"type": "private_message", "name": "A", "description": "B", "attachments": [attached(b"a")]}
    message = written(world, **sent)
    attachment = message["attachments"][0]["uri"].rsplit("/", 1)[1]
    return {"message_id": message["message_id"], "attachment_id": attachment}


def try_made_up_calls(operation, own, token):
    """The statuses that answered them; ids in addresses are `own` ones."""
    statuses = set()

    @given(case=operation.as_strategy())
    @hypothesis_settings(
        max_examples=8,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def call(case):
        for name in case.path_parameters or {}:
            case.path_parameters[name] = own.get(name, case.path_parameters[name])
        # over WSGI nobody would decompress what it reads
        headers = {"Authorization": f"Bearer {token}", "Accept-Encoding": "identity"}
        statuses.add(case.call_and_validate(headers=headers, checks=CHECKS).status_code)

    call()
    return statuses

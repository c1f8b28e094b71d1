"""`make bench` measures the 304 of every address that answers with a tag."""

import re

import pytest
from django.test import Client as Browser
from drf_spectacular.generators import SchemaGenerator

from benchmarks import many, tags
from consent.scopes.catalogue import SCOPES
from tests.factories.chain import chain
from tests.factories.consent import ClientFactory
from tests.support.resources import (
    DOCUMENT_PATHS,
    GATED_PATHS,
    LISTING_ADDRESSES,
    OPEN_PATHS,
    STREAM_PATHS,
)


@pytest.fixture
def stores(db, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    settings.ROOT_URLCONF = "benchmarks.urls"
    settings.MIX_OPEN_TO_CLIENTS = True
    stores = chain(stores=2)
    tags.fill(stores)
    return stores


def test_every_address_is_measured_for_many_services_and_for_one(stores, monkeypatch):
    client = ClientFactory()
    tokens = {
        count: many.token_for(stores, stores.contracts[:count], list(SCOPES), client) for count in (2, 1)
    }
    monkeypatch.setattr(tags, "medians", called_once)

    names = [figure.name for figure in tags.figures(tokens, client)]

    paths = {name.split()[2].rstrip(",") for name in names}
    documents = {re.sub(r"{\w+}", "…", path) for path in DOCUMENT_PATHS}
    assert paths == {*LISTING_ADDRESSES, *documents, *(f"{path}?region=R1" for path in OPEN_PATHS)}
    assert len(names) == 2 * len(tags.addresses()) - len(OPEN_PATHS)


def called_once(*works, rounds):
    for work in works:
        work()
    return [1.0 for _ in works]


def test_every_operation_that_says_304_is_measured(stores):
    """By the API's own document."""
    paths = SchemaGenerator().get_schema(request=None, public=True)["paths"]
    documented = {
        path for path, methods in paths.items() if "304" in methods.get("get", {}).get("responses", {})
    }

    assert documented == GATED_PATHS - STREAM_PATHS | OPEN_PATHS


def test_a_stream_has_no_tag(stores):
    """What it holds is known when it has left."""
    token = many.token_for(stores, stores.contracts, list(SCOPES), ClientFactory())
    browser = Browser(headers={"Authorization": f"Bearer {token}"})

    for path in STREAM_PATHS:
        assert "ETag" not in browser.get(path)

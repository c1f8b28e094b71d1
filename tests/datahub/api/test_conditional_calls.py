"""Calls that name a tag: the gate without its lock says whether the caller has the answer. Decision 58."""

import pytest
from django.db import connection
from django.test import Client as Browser

from cdsc_portal.lib.time import clock
from consent.models import Actor, Disclosure
from consent.services.revoke import revoke_grant
from tests.factories.consent import ReceiptFactory


@pytest.fixture
def granted(reader, west):
    reader.granted(west.contract, scope="usage_data generation_mix")
    return reader


@pytest.mark.spec("X-14")
def test_a_tag_opens_nothing_once_the_grant_is_stopped(granted):
    tag = granted.get("/usage_data")["ETag"]
    ReceiptFactory(grant=granted.grant)
    revoke_grant(grant=granted.grant, by=None, actor=Actor.LINK, at=clock.now())

    answers = [granted.get("/usage_data", **{"If-None-Match": each}) for each in (tag, "*", '"another"')]

    assert [answer.status_code for answer in answers] == [401, 401, 401]


@pytest.mark.parametrize("path", ["/usage_data", "/usage_data/file", "/generation_mix?by=day"])
def test_another_tag_is_answered_by_the_gate_with_its_lock_and_recorded_once(granted, path):
    statements: list[str] = []

    def note(execute, sql, *how):
        statements.append(sql)
        return execute(sql, *how)

    with connection.execute_wrapper(note):
        answer = granted.get(path, **{"If-None-Match": '"another"'})

    gates = [sql for sql in statements if "token_checksum" in sql and "call_count" not in sql]
    assert answer.status_code == 200
    assert ["FOR SHARE" in gate for gate in gates] == [False, True]
    assert Disclosure.objects.filter(resource=path.split("?")[0].split("/")[1]).count() == 1


@pytest.mark.parametrize("method", ["post", "put", "delete"])
def test_no_other_method_is_answered_by_a_tag(granted, method):
    headers = {**granted.bearer, "If-None-Match": "*"}

    assert getattr(Browser(), method)("/usage_data", headers=headers).status_code == 405

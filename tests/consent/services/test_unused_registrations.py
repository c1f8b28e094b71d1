"""Registrations by program that nobody used."""

from datetime import timedelta

import pytest

from cdsc_portal.lib.time import clock
from consent.models import Client, Registration
from consent.services.third_parties.unused_registrations import delete_unused
from tests.consent.api.cds.third_party import register, third_party
from tests.factories.consent import ClientFactory

pytestmark = pytest.mark.django_db


def test_only_those_by_program_that_got_no_token_in_thirty_days_are_deleted_whole(client):
    ClientFactory()
    used = third_party(client)
    register(client)

    assert delete_unused(at=clock.now() + timedelta(days=29)) == 0
    assert delete_unused(at=clock.now() + timedelta(days=31)) == 1
    assert Registration.objects.count() == 2
    assert Client.objects.filter(client_id=used.client_id).exists()
    assert delete_unused(at=clock.now() + timedelta(days=31)) == 0

"""The service that names things holds to owners itself, whatever a page let through."""

import pytest

from accounts.models import MeterName
from accounts.queries.named import nameable
from accounts.services.names import NotYoursToName, give_names
from cdsc_portal.lib.time import clock
from tests.factories.accounts import household


@pytest.mark.django_db
def test_one_thing_that_is_another_owners_keeps_all_from_being_named():
    at, home, theirs = clock.now(), household(), household()
    things = nameable(user=home.owner, at=at) + nameable(user=theirs.owner, at=at)

    with pytest.raises(NotYoursToName):
        give_names(names=dict.fromkeys(things, "Mine"), by=home.owner, at=at)

    assert not any(thing.name for thing in nameable(user=home.owner, at=at))
    assert not MeterName.objects.exists()

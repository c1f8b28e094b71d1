import pytest
import time_machine

from tests.datahub.resources.backdated import BEFORE


@pytest.fixture
def now():
    with time_machine.travel(BEFORE, tick=False) as traveller:
        yield traveller

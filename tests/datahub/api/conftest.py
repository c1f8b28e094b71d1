import pytest

from tests.factories.accounts import Household, SupplyTermFactory, place


@pytest.fixture
def west(home) -> Household:
    """On the tariff EV-TOU, in the region WEST."""
    place(home.point, "WEST")
    SupplyTermFactory(contract=home.contract, tariff_code="EV-TOU")
    return home

import pytest

from tests.factories.accounts import MeterDeviceFactory


@pytest.fixture
def meter():
    return MeterDeviceFactory(meter_number="M-1")

"""What the environment says about sign-in, and what must not face people."""

import pytest

from cdsc_portal.checks import staff_take_a_second_step
from cdsc_portal.env import EnvironmentValueError, read

PROVIDER = {
    "OIDC_SERVER_URL": "https://login.example.com/realms/utility/",
    "OIDC_CLIENT_ID": "portal",
    "OIDC_CLIENT_SECRET": "s",
    "OIDC_NAME": "Valley ID",
}
PRODUCTION = {
    "SECRET_KEY": "0123456789" * 5,
    "PUBLIC_URL": "https://share.example.com",
    "DATABASE_URL": "postgresql://127.0.0.1/portal",
}


def test_a_provider_is_read_whole():
    environment = read({**PRODUCTION, **PROVIDER})

    assert environment.oidc_server_url == "https://login.example.com/realms/utility"
    assert (environment.oidc_name, environment.oidc_client_id) == ("Valley ID", "portal")
    assert read(PRODUCTION).oidc_server_url == ""


@pytest.mark.parametrize(
    ("wrong", "name"),
    [
        ({"OIDC_SERVER_URL": "http://login.example.com"}, "OIDC_SERVER_URL"),
        ({"OIDC_CLIENT_ID": ""}, "OIDC_CLIENT_ID"),
        ({"OIDC_CLIENT_SECRET": ""}, "OIDC_CLIENT_SECRET"),
        ({"STAFF_SECOND_FACTOR": "no"}, "STAFF_SECOND_FACTOR"),
    ],
)
def test_half_a_provider_stops_the_start_with_the_name(wrong, name):
    with pytest.raises(EnvironmentValueError, match=name):
        read({**PRODUCTION, **PROVIDER, **wrong})


def test_staff_take_a_second_step_unless_a_demo_says_else(settings):
    assert read(PRODUCTION).staff_second_factor
    assert not read({"DEVELOPMENT": "1"}).staff_second_factor
    assert read({"DEVELOPMENT": "1", "STAFF_SECOND_FACTOR": "1"}).staff_second_factor

    settings.STAFF_SECOND_FACTOR = False
    assert [problem.id for problem in staff_take_a_second_step(None)] == ["cdsc.E004"]
    settings.STAFF_SECOND_FACTOR = True
    assert staff_take_a_second_step(None) == []

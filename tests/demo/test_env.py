"""Settings come from the environment; what is wrong is named."""

import pytest

from cdsc_portal.env import EnvironmentValueError, read

PRODUCTION = {
    "SECRET_KEY": "x" * 60,
    "PUBLIC_URL": "https://share.example.com",
    "DATABASE_URL": "postgresql://portal@db.example.com/portal",
}


@pytest.mark.parametrize("name", sorted(PRODUCTION))
def test_a_production_without_a_needed_value_does_not_start(name):
    with pytest.raises(EnvironmentValueError, match=name):
        read({key: value for key, value in PRODUCTION.items() if key != name})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DEVELOPMENT", "yes"),
        ("UTILITY_TIME_ZONE", "Mars/Olympus"),
        ("UTILITY_ROLE", "bakery"),
        ("ACCESS_HOURS_WITHOUT_END", "-1"),
        ("SECRET_KEY_FILE", "/nowhere/secret"),
    ],
)
def test_a_wrong_value_is_named(name, value):
    source = {key: known for key, known in PRODUCTION.items() if not name.startswith(key)}

    with pytest.raises(EnvironmentValueError, match=name):
        read({**source, name: value})


def test_a_secret_may_be_mounted_as_a_file(tmp_path):
    secret = tmp_path / "key"
    secret.write_text("from-a-file\n")

    environment = read(
        {**PRODUCTION, "SECRET_KEY": "", "SECRET_KEY_FILE": str(secret)} | {"SECRET_KEY": "direct"}
    )
    mounted = read(
        {k: v for k, v in PRODUCTION.items() if k != "SECRET_KEY"} | {"SECRET_KEY_FILE": str(secret)}
    )

    assert environment.secret_key == "direct"
    assert mounted.secret_key == "from-a-file"


def test_development_needs_nothing():
    assert read({"DEVELOPMENT": "1"}).public_url == "http://127.0.0.1:8000"

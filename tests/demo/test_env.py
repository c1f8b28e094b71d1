"""Settings come from the environment; what is wrong is named."""

import pytest

from cdsc_portal.env import EnvironmentValueError, read

OLD, NEW = "old-key-" * 8, "0123456789" * 5
PRODUCTION = {
    "SECRET_KEY": NEW,
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
    secret.write_text(f"{OLD}\n")
    without = {name: value for name, value in PRODUCTION.items() if name != "SECRET_KEY"}

    both = read({**PRODUCTION, "SECRET_KEY_FILE": str(secret)})
    mounted = read({**without, "SECRET_KEY_FILE": str(secret)})

    assert both.secret_keys == (NEW,)
    assert mounted.secret_keys == (OLD,)


def test_the_ring_of_keys_is_read_in_its_order_and_the_single_key_stands_last(tmp_path):
    file = tmp_path / "keys"
    file.write_text(f"{NEW}\n{OLD}\n")
    without = {name: value for name, value in PRODUCTION.items() if name != "SECRET_KEY"}

    assert read({**without, "SECRET_KEYS": f"{NEW}, {OLD}"}).secret_keys == (NEW, OLD)
    assert read({**without, "SECRET_KEYS_FILE": str(file)}).secret_keys == (NEW, OLD)
    assert read({**without, "SECRET_KEYS": NEW, "SECRET_KEY": OLD}).secret_keys == (NEW, OLD)
    assert read({**without, "SECRET_KEYS": f"{NEW},{OLD}", "SECRET_KEY": NEW}).secret_keys == (NEW, OLD)


@pytest.mark.parametrize("weak", ["x", "x" * 60, "0123456789" * 4 + "012345678"])
@pytest.mark.parametrize("value", ["{weak}", "{strong},{weak}", "{weak},{strong}"])
def test_a_key_that_can_be_guessed_stops_the_start_wherever_it_stands(weak, value):
    keys = value.format(weak=weak, strong=OLD)

    with pytest.raises(EnvironmentValueError, match="SECRET_KEYS: each key must have 50"):
        read({**PRODUCTION, "SECRET_KEYS": keys})
    with pytest.raises(EnvironmentValueError, match="SECRET_KEY: each key must have 50"):
        read({**PRODUCTION, "SECRET_KEY": weak})


def test_a_refused_key_is_not_repeated_where_it_ends_in_a_log():
    with pytest.raises(EnvironmentValueError) as refused:
        read({**PRODUCTION, "SECRET_KEY": "too-short"})

    assert "too-short" not in str(refused.value)


@pytest.mark.spec("X-17")
@pytest.mark.parametrize(
    "hosts",
    ["*", "share.example.com,*", ".example.com,share.example.com", "*.example.com,share.example.com"]
    + ["other.example.com", "share.example.com:443", "https://share.example.com"],
)
def test_hosts_that_would_let_a_caller_choose_one_stop_the_start(hosts):
    with pytest.raises(EnvironmentValueError, match="ALLOWED_HOSTS"):
        read({**PRODUCTION, "ALLOWED_HOSTS": hosts})


def test_the_host_of_the_public_address_is_answered_to_by_itself():
    assert read(PRODUCTION).allowed_hosts == ("share.example.com",)
    assert read({**PRODUCTION, "ALLOWED_HOSTS": "10.0.0.7, Share.example.com"}).allowed_hosts == (
        "10.0.0.7",
        "share.example.com",
    )
    numbers = {**PRODUCTION, "PUBLIC_URL": "https://[2001:db8::7]:8443"}
    assert read(numbers).allowed_hosts == ("[2001:db8::7]",)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DATABASE_URL", "mysql://portal@db.example.com/portal"),
        ("DATABASE_URL", "postgresql://portal@db.example.com:port/portal"),
        ("PUBLIC_URL", "share.example.com"),
        ("PUBLIC_URL", "https://?x"),
        ("PUBLIC_URL", "https://[2001:db8::7"),
        ("REDIS_URL", "127.0.0.1:6379"),
        ("MAIL_URL", "mail.example.com:25"),
    ],
)
def test_an_address_that_is_none_stops_the_start_without_being_repeated(name, value):
    with pytest.raises(EnvironmentValueError, match=name) as refused:
        read({**PRODUCTION, name: value})

    assert value not in str(refused.value)  # it may hold a password


def test_all_that_is_missing_is_said_at_once():
    with pytest.raises(EnvironmentValueError, match="SECRET_KEY, PUBLIC_URL, DATABASE_URL must be set"):
        read({})


def test_development_needs_nothing():
    environment = read({"DEVELOPMENT": "1"})

    assert environment.public_url == "http://127.0.0.1:8000"
    assert len(environment.secret_keys) == 1


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("host", "status"),
    [("localhost", 200), ("127.0.0.1", 200), ("[::1]", 200), ("elsewhere.example.com", 400)],
)
def test_the_demo_answers_at_its_loopback_addresses_and_at_no_other_name(client, settings, host, status):
    demo = read({"DEVELOPMENT": "1", "PUBLIC_URL": "http://localhost:8000"})
    settings.ALLOWED_HOSTS = list(demo.allowed_hosts)

    assert client.get("/help/", headers={"host": f"{host}:8000"}).status_code == status


def test_what_is_wrong_is_said_in_one_line_with_what_would_be_right():
    with pytest.raises(EnvironmentValueError) as refused:
        read({**PRODUCTION, "WEB_THREADS": "many", "UTILITY_ROLE": "bakery", "MAIL_URL": "user:hidden@mail"})

    assert str(refused.value) == (
        "UTILITY_ROLE: it must be 'full' or 'distribution'; MAIL_URL: it is no address that begins with smtp://; "
        "WEB_THREADS: 'many' is no whole number of at least 1"
    )


def test_an_empty_variable_counts_as_not_set():
    environment = read({**PRODUCTION, "WEB_THREADS": "", "UTILITY_NAME": "", "REDIS_URL": ""})

    assert (environment.web_threads, environment.utility_name, environment.redis_url) == (20, "Utility", "")


def test_secrets_stand_neither_in_what_is_printed_nor_among_the_settings_of_code():
    secrets = {
        "SECRET_KEYS": f"{OLD},{NEW}",
        "REDIS_URL": "redis://:hidden@cache",
        "MAIL_URL": "smtp://u:hidden@mail",
    }
    environment = read({**PRODUCTION, **secrets, "DATABASE_URL": "postgresql://u:hidden@db/portal"})

    for shown in (repr(environment), str(environment.for_django())):
        assert not [part for part in ("hidden", OLD, NEW) if part in shown]
    assert environment.for_django()["PUBLIC_URL"] == "https://share.example.com"


def test_each_declared_setting_is_one_of_djangos_under_its_own_name(settings):
    declared = settings.ENV.for_django()

    assert {name for name in declared if not hasattr(settings, name)} == set()
    assert settings.ENV.feed_file_megabytes == settings.FEED_FILE_MEGABYTES

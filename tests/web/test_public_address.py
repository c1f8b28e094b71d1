"""Whatever Host header a caller sends: every address in mail, redirects and answers is one of PUBLIC_URL."""

import re
from datetime import date

import pytest
from django.core.cache import cache
from django.urls import URLPattern, URLResolver, get_resolver

from accounts.sign_in.adapter import AccountAdapter
from datahub.usage import plan
from tests.consent.api.reader import Reader
from tests.factories.accounts import UserFactory, household
from tests.factories.feeds import load_days
from tests.factories.sign_in import sent_mail
from tools.files import APPS, ROOT, project_files

HERS, OURS = "attacker.example:6666", "https://share.example.com:8443"
ASKS_THE_HOST = re.compile(
    r"build_absolute_uri|get_host\(|HTTP_HOST|get_current_site|\.get_port\(|SERVER_NAME"
)

pytestmark = [pytest.mark.django_db, pytest.mark.spec("X-17")]


@pytest.fixture(autouse=True)
def _careless(settings):
    """As bad as it gets: the server would take any host."""
    cache.clear()
    settings.ALLOWED_HOSTS, settings.PUBLIC_URL = ["*"], OURS


def pages(resolver: URLResolver, before: str = "/") -> list[str]:
    """Every address that takes no argument."""
    paths = []
    for entry in resolver.url_patterns:
        path = before + str(entry.pattern).lstrip("^").rstrip("$")
        if isinstance(entry, URLResolver):
            paths += pages(entry, path)
        elif isinstance(entry, URLPattern) and not re.search(r"[<(\\]", path):
            paths.append(path)
    return paths


def test_no_address_and_no_redirect_names_the_callers_host(client):
    client.force_login(household().owner)
    addresses = [path for path in pages(get_resolver()) if "logout" not in path]

    named = []
    for path in addresses:
        answer = client.get(path, headers={"Host": HERS})
        body = b"" if answer.streaming else answer.content
        if HERS in f"{dict(answer.items())} {body.decode(errors='replace')}":
            named.append(path)

    assert len(addresses) > 60
    assert named == []


def test_a_third_party_is_led_on_by_addresses_of_ours(monkeypatch):
    home, reader = household(), Reader()
    load_days(home.meter, date(2026, 3, 1), 5)
    reader.granted(home.contract)
    monkeypatch.setattr(plan, "METER_DAYS", 1)

    answer = reader.get("/usage_data", Host=HERS)
    lines = reader.get("/usage_data", Host=HERS, Accept="text/csv")

    assert answer.json()["next"].startswith(f"{OURS}/usage_data?")
    assert lines["Link"].startswith(f"<{OURS}/usage_data?")
    assert HERS not in answer.content.decode()


def test_a_link_that_resets_a_password_is_ours(client):
    UserFactory(email="ana@example.com")

    client.post("/accounts/password/reset/", {"email": "ana@example.com"}, headers={"Host": HERS})

    mail = sent_mail()[-1]
    assert f"{OURS}/accounts/password/reset/key/" in mail.body
    assert HERS not in mail.body + str(mail.alternatives)


@pytest.mark.parametrize("path", ["/theme/", "/i18n/setlang/"])
def test_a_choice_leads_to_no_other_host(client, path):
    there = f"http://{HERS}/help/"

    answer = client.post(path, {"next": there, "language": "es", "theme": "dark"}, headers={"Host": HERS})

    assert answer.status_code == 302
    assert HERS not in answer["Location"]


@pytest.mark.parametrize(
    ("url", "is_safe"),
    [
        ("/help/", True),
        (f"{OURS}/help/", True),
        (f"http://{HERS}/help/", False),
        ("https://share.example.com/help/", False),
        ("http://share.example.com:8443/help/", False),
        ("//share.example.com:8443/help/", False),
    ],
)
def test_a_login_leads_back_to_this_site_alone(url, is_safe):
    assert AccountAdapter().is_safe_url(url) is is_safe


def test_no_code_of_ours_asks_which_host_was_called():
    asking = [
        str(path.relative_to(ROOT))
        for path in project_files(*APPS, "templates")
        if path.suffix in (".py", ".html", ".txt") and ASKS_THE_HOST.search(path.read_text(encoding="utf-8"))
    ]

    assert asking == ["cdsc_portal/middleware.py"]

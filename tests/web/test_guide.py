"""The guide's ten commands, pasted into a shell as they stand, from nothing but the server's address."""

import subprocess
from datetime import timedelta

import pytest
from django.urls import reverse
from lxml import html

from cdsc_portal.lib.time import clock
from cdsc_portal.web.docs.guide import TOPICS, steps
from consent.models import Registration
from tests.factories.accounts import household
from tests.factories.feeds import load_days


def commands(client) -> list[str]:
    page = html.fromstring(client.get(reverse("docs_guide")).content.decode())
    return [code.text_content() for code in page.xpath("//ol[contains(@class, 'sandbox')]//pre/code")]


@pytest.mark.django_db(transaction=True)
@pytest.mark.spec("P-25", "R-04", "R-05", "R-59", "R-63")
def test_ten_commands_lead_from_the_address_to_data_of_a_test_customer(
    client, settings, live_server, tmp_path
):
    settings.PUBLIC_URL = live_server.url
    home = household()
    home.customer.is_test = True
    home.customer.save()
    load_days(home.meter, clock.now().date() - timedelta(days=70), 69)
    pasted = commands(client)
    (tmp_path / "pasted.sh").write_text("\n".join(pasted) + "\n", encoding="utf-8")

    ran = subprocess.run(["bash", "pasted.sh"], cwd=tmp_path, capture_output=True, text=True, timeout=120)

    assert len(pasted) == 10
    assert {line.split()[0] for line in pasted[1:] if not line.split()[0].partition("=")[0].isupper()} <= {
        "curl"
    }
    assert home.contract.contract_number in ran.stdout.splitlines()[-1], ran.stdout + ran.stderr
    assert Registration.objects.get().name == "Guide App"


def test_the_commands_use_nothing_but_curl_and_the_shell():
    used = " ".join(step.command for step in steps("https://share.example.com"))

    assert not any(word in used for word in ("python", "jq ", "node ", "openssl"))


@pytest.mark.django_db
def test_it_says_what_comes_after_in_three_languages(client):
    text = client.get(reverse("docs_guide")).content.decode()

    assert [topic.id for topic in TOPICS] == ["scope", "csv", "refresh", "stop"]
    for topic in TOPICS:
        assert [sample.language for sample in topic.samples] == ["curl", "Python", "JavaScript"]
    for word in (
        "OAUTHLIB_RELAX_TOKEN_SCOPE",
        "comment=&quot;#&quot;",
        "grant_type=refresh_token",
        "/oauth/revoke/",
    ):
        assert word in text


@pytest.mark.django_db
def test_without_test_customers_it_says_that_no_sandbox_is_open(client):
    text = client.get(reverse("docs_guide")).content.decode()

    assert "No sandbox is open" in text


@pytest.mark.django_db
def test_the_start_links_the_guide_the_form_and_a_contact(client, settings):
    settings.SUPPORT_MAIL = "help@example.com"

    text = client.get(reverse("docs")).content.decode()

    assert reverse("docs_guide") in text and reverse("developer_register") in text
    assert 'href="mailto:help@example.com"' in text

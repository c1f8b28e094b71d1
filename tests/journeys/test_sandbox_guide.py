"""The sandbox guide, pasted step by step: its own commands in bash, its customer in a browser."""

import json
import subprocess
from datetime import timedelta

import pytest

from cdsc_portal.lib.time import clock
from tests.factories.accounts import PASSWORD
from tests.factories.consent import SECRET
from tests.factories.feeds import load_days
from tests.journeys.consent_steps import electricity_and_gas, sunny_roofs
from tests.journeys.pages.base import log_in

pytestmark = pytest.mark.journey


@pytest.fixture
def folder(settings, live_server, tmp_path, company_site):
    """What `make demo` writes, in a folder of its own: one customer with a year of readings, one company."""
    settings.PUBLIC_URL = live_server.url
    settings.PLAIN_LOOPBACK_REDIRECTS = True  # the company's website is on this machine
    home, client = electricity_and_gas(), sunny_roofs(company_site)
    load_days(home.meter, clock.now().date() - timedelta(days=400), 399)
    written = {
        "base_url": live_server.url,
        "users": [{"role": "owner", "email": home.owner.email, "password": PASSWORD}],
        "clients": [
            {
                "name": client.name,
                "client_id": client.client_id,
                "client_secret": SECRET,
                "redirect_uri": client.redirect_uris,
            }
        ],
    }
    (tmp_path / "var").mkdir()
    (tmp_path / "var" / "demo.json").write_text(json.dumps(written), encoding="utf-8")
    return tmp_path


@pytest.mark.spec("P-25")
def test_the_guide_works_as_pasted(browser_page, company_site, folder):
    page = browser_page(also=[company_site.host])
    page.goto("/docs/sandbox/")
    commands = page.locator("pre.code code").all_inner_texts()
    assert commands.pop(0) == "make demo"
    (folder / "pasted.sh").write_text("\n".join(commands) + "\n", encoding="utf-8")
    owner = json.loads((folder / "var" / "demo.json").read_text())["users"][0]["email"]

    with subprocess.Popen(
        ["bash", "pasted.sh"],
        cwd=folder,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as terminal:
        try:
            address = line_after(terminal, "Open ").removeprefix("Open ").strip()
            approve(page, address, owner)
            answer_in(terminal, company_site.called[-1])
            assert line_after(terminal, '"type": "usage_data"')
            assert line_after(terminal, "contract_number,")
            stop(page)
            answer_in(terminal, "")
            rest = terminal.stdout.read()
        finally:
            terminal.kill()

    assert "HTTP/1.1 401" in rest
    assert '"code":"invalid_token"' in rest


def line_after(terminal, start):
    """Reads on to the first line with `start` in it; fails with all that was printed before the end."""
    lines = []
    for line in terminal.stdout:
        lines.append(line)
        if start in line:
            return line[line.index(start) :]
    raise AssertionError(f"{start!r} was not printed: {''.join(lines)}")


def answer_in(terminal, text):
    terminal.stdin.write(f"{text}\n")
    terminal.stdin.flush()


def approve(page, address, owner):
    """As the customer: log in, share, and arrive at the company."""
    log_in(page, owner, address)
    page.get_by_role("button", name="Share selected data").click()
    page.get_by_text("Welcome back").wait_for()


def stop(page):
    page.goto("/my/sharing/")
    page.get_by_role("link", name="Stop sharing").click()
    page.get_by_role("button", name="Stop sharing now").click()
    page.get_by_role("status").wait_for()

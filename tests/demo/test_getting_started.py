"""The page `docs/getting-started.md`: its commands are pasted as they stand, beside a demo that serves."""

import os
import re
import subprocess
from datetime import timedelta
from decimal import Decimal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import pytest
from django.core.files.base import ContentFile
from django.utils import timezone

from cdsc_portal.lib.time import clock
from consent.models import Client
from datahub.feeds.runs.life_cycle import start_run
from datahub.feeds.runs.run_executor import execute_due_runs
from datahub.models import RunStatus
from demo import installation
from demo.browser_session import BrowserSession
from demo.processes import free_port
from demo.utility import files, structure
from tests.factories.feeds import FeedFactory
from tools.files import ROOT

pytestmark = pytest.mark.journey
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```", re.M | re.S)
COMPANY = "Your company (demo)"


@pytest.fixture
def blocks():
    """The blocks of the page in their order: commands to paste and what they print."""
    return BLOCK.findall((ROOT / "docs/getting-started.md").read_text(encoding="utf-8"))


@pytest.fixture
def folder(settings, live_server, tmp_path):
    """A folder as `make demo` leaves it: the demo's utility in the database, and the `demo.json` that it writes."""
    port = urlsplit(live_server.url).port
    settings.PUBLIC_URL, settings.MEDIA_ROOT = f"http://localhost:{port}", tmp_path / "media"
    for name in (".venv", "examples"):
        (tmp_path / name).symlink_to(ROOT / name)
    (tmp_path / "var").mkdir()
    demo = installation.prepare(tmp_path / "var", port=port, months=2)
    _load_hierarchy_and_usage(tmp_path / "feeds")
    demo.set_passwords()
    _return_to_a_free_port(demo)
    demo.finish()
    return tmp_path


def _load_hierarchy_and_usage(folder):
    zone = ZoneInfo(timezone.get_default_timezone_name())
    utility = structure.utility(timezone.localdate(clock.now()), months=2)
    for file in files.write(utility, folder, zone, seed=1, mix_days=1):
        if file.kind not in ("hierarchy", "usage"):
            continue
        feed = FeedFactory(
            kind=file.kind, format=file.format, settings=installation.SETTINGS.get(file.format, {})
        )
        content = ContentFile(file.path.read_bytes())
        run = start_run(feed=feed, file=content, name=file.path.name, by=None, at=clock.now())
        execute_due_runs(run_id=run.pk)
        run.refresh_from_db()
        assert run.status == RunStatus.DONE


def _return_to_a_free_port(demo):
    """The port that the page's program waits at; in the demo it is that of the server plus two."""
    client = next(client for client in demo.clients if client["name"] == COMPANY)
    client["redirect_uri"] = f"http://127.0.0.1:{free_port()}/callback"
    Client.objects.filter(client_id=client["client_id"]).update(redirect_uris=client["redirect_uri"])


def pasted(folder, command):
    """A shell in `folder` that runs `command`; its output is read line by line."""
    return subprocess.Popen(
        ["bash", "-euo", "pipefail", "-c", command],
        cwd=folder,
        env={"PATH": os.environ["PATH"], "HOME": str(folder)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def printed(folder, command):
    with pasted(folder, command) as terminal:
        text = terminal.stdout.read()
    assert terminal.returncode == 0, text
    return text


def test_the_first_block_is_how_the_readme_starts_the_demo(blocks):
    language, start = blocks[0]

    assert language == "sh"
    assert start.splitlines()[1:] == ["cd cdsc-portal", "make demo"]
    subprocess.run(["make", "--dry-run", "demo"], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)


@pytest.mark.django_db(transaction=True)
def test_a_day_of_usage_is_read_and_after_the_stop_refused(blocks, folder):
    people, ask, read, again = [text for language, text in blocks if language == "sh"][1:]
    outputs = [text for language, text in blocks if language == "text"]

    assert structure.OWNER in printed(folder, people)
    customer = BrowserSession(f"http://localhost:{_demo_port(folder)}")
    with pasted(folder, ask) as terminal:
        greeting, address = terminal.stdout.readline(), terminal.stdout.readline().strip()
        email, password = greeting.split()[-2:]
        approve(customer, address, email, password)
        granted = terminal.stdout.read()
    assert terminal.returncode == 0
    assert granted.startswith(outputs[0])

    status, *lines = printed(folder, read).splitlines()
    assert status.strip() == outputs[1].splitlines()[0] == "Status 200"
    home = next(line for line in lines if line.startswith("electricity 55-1042 import: "))
    count, _readings, wh, unit = home.partition(": ")[2].replace(",", "").split()
    assert (int(count), unit) == (quarters_of_yesterday(), "Wh")
    assert Decimal(wh) > 0

    stop(customer)
    assert printed(folder, again).startswith(outputs[2].strip())


def _demo_port(folder):
    return re.search(r'"base_url": "http://localhost:(\d+)"', (folder / "var/demo.json").read_text()).group(1)


def approve(customer, address, email, password):
    page = customer.log_in(customer.open(address), email, password)
    answer = customer.submit(page, page.form_with("decision"), ("decision", "approve"))
    # the browser would go on to the company by itself
    assert answer.left_for is not None, answer.words
    assert "Back at your company" in BrowserSession(answer.left_for).open(answer.left_for).text


def stop(customer):
    sharing = customer.open("/my/sharing/")
    confirmation = customer.open(sharing.link(lambda address: address.endswith("/stop/")))
    assert customer.submit(confirmation, confirmation.form_with("action"), ("action", "stop")).status == 200


def quarters_of_yesterday():
    """96; on the days of a clock change 92 or 100."""
    today = timezone.localdate(clock.now())
    midnights = [
        timezone.make_aware(timezone.datetime(day.year, day.month, day.day))
        for day in (today - timedelta(days=1), today)
    ]
    return int(
        (midnights[1].astimezone(ZoneInfo("UTC")) - midnights[0].astimezone(ZoneInfo("UTC")))
        / timedelta(minutes=15)
    )

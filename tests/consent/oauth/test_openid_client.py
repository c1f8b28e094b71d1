"""An OAuth client of another language as its makers ship it (openid-client), against the running server.

It comes by `npm ci` from the lock file beside its program, so only what is named there by its digest runs.
"""

import json
import shutil
import subprocess
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings

from cdsc_portal.lib.time import clock
from tests.factories.accounts import household
from tests.factories.feeds import load_days
from tools import browser

HERE = Path(__file__).with_name("openid_client")


def run(*command: str, folder: Path) -> str:
    """What the command printed. A failure shows what it said."""
    ended = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300, check=False)
    assert ended.returncode == 0, f"{command}\n{ended.stdout}\n{ended.stderr}"
    return ended.stdout


@pytest.fixture(scope="session")
def program(tmp_path_factory) -> Path:
    """The folder of the program with its library, installed once a session."""
    missing = [name for name in ("node", "npm") if not shutil.which(name)]
    if missing and browser.main():
        pytest.fail(
            f"The test of openid-client needs {' and '.join(missing)}: install your system's package."
        )
    folder = tmp_path_factory.mktemp("openid_client")
    shutil.copytree(HERE, folder, dirs_exist_ok=True)
    run("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", folder=folder)
    return folder


@pytest.mark.django_db(transaction=True)
@pytest.mark.spec("R-05", "R-63", "R-73", "R-138", "R-165", "R-188")
def test_it_registers_pushes_with_pkce_refreshes_introspects_and_revokes(program, live_server, monkeypatch):
    monkeypatch.setattr(settings, "PUBLIC_URL", live_server.url)
    home = household()
    home.customer.is_test = True
    home.customer.save()
    load_days(home.meter, clock.now().date() - timedelta(days=10), 9)

    seen = json.loads(run("node", "walk.mjs", live_server.url, folder=program))

    assert seen.pop("segments") >= 1
    assert "client_secret_expires_at" in seen.pop("registration")  # no more than that it misses
    answered, decided = seen.pop("grants")
    assert answered == decided
    assert seen == {
        "pushed": ["client_id", "request_uri"],
        "renewed": True,
        "live": [True, True, "usage_data"],
        "revoked": {"active": False},
        "refused": "invalid_grant",
    }

"""A start without settings, or with a wrong one, ends with one line that says what to set."""

import os
import subprocess
import sys

import pytest

from demo.processes import WEB_SERVER, free_port
from tools.files import ROOT

KEY = "0123456789" * 5
COMMANDS = {
    "manage.py": ["manage.py", "migrate"],
    "worker": ["-m", "celery", "-A", "cdsc_portal", "worker"],
    "beat": ["-m", "celery", "-A", "cdsc_portal", "beat"],
    "web": [*WEB_SERVER[1:], "--log-level", "critical", "--bind"],
}


def start(command: list[str], **settings: str) -> tuple[int, list[str]]:
    """Its exit status and the lines it printed."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    done = subprocess.run(
        [sys.executable, *command],
        cwd=ROOT,
        env={**kept, **settings},
        capture_output=True,
        text=True,
        timeout=60,
    )
    return done.returncode, (done.stdout + done.stderr).splitlines()


@pytest.mark.parametrize("name", COMMANDS)
def test_without_settings_one_line_says_what_to_set(name):
    command = COMMANDS[name]
    if name == "web":
        command = [*command, f"127.0.0.1:{free_port()}"]

    status, lines = start(command)

    assert status != 0
    assert lines == [
        "Cannot start: SECRET_KEY, PUBLIC_URL, DATABASE_URL must be set unless DEVELOPMENT=1. "
        "docs/operations.md lists every setting."
    ]


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"SECRET_KEY": "x"}, "SECRET_KEY: each key must have 50 random characters or more"),
        ({"ALLOWED_HOSTS": "*"}, "ALLOWED_HOSTS: '*' is no whole host name"),
        ({"VAR_DIR": "/proc/nowhere"}, "VAR_DIR: cannot write /proc/nowhere"),
    ],
)
def test_an_unsafe_production_does_not_even_pass_its_check(wrong, words):
    right = {
        "SECRET_KEY": KEY,
        "PUBLIC_URL": "https://share.example.com",
        "DATABASE_URL": "postgresql://portal@127.0.0.1:1/portal",
    }

    status, lines = start(["manage.py", "check", "--deploy"], **{**right, **wrong})

    assert status != 0
    assert len(lines) == 1
    assert lines[0].startswith(f"Cannot start: {words}")

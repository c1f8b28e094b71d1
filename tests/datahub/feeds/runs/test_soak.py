"""Every process killed at random moments while readers read, and a full disk; `make soak` kills two hundred times."""

import os
import subprocess
import sys

import pytest

from tools.files import ROOT

KILLS, SEED = 6, 12  # each kind once


@pytest.mark.long
def test_whatever_is_killed_no_reading_is_lost_or_doubled():
    own = {
        name: value
        for name, value in os.environ.items()
        if name not in {"DATABASE_URL", "VAR_DIR", "REDIS_URL"}
    }

    soak = subprocess.run(
        [sys.executable, "-m", "tools.soak", "--kills", str(KILLS), "--seed", str(SEED)],
        cwd=ROOT,
        env=own,
        capture_output=True,
        text=True,
    )

    assert soak.returncode == 0, soak.stdout + soak.stderr[-4_000:]
    kinds = ("Redis", "database", "nginx", "web", "worker", "worker and Redis")
    assert f"killed {', '.join(f'1 x {kind}' for kind in kinds)}" in soak.stdout
    assert f"{KILLS} mails and {KILLS} stops, none lost" in soak.stdout
    assert "whole files" in soak.stdout
    assert "the disk was full 7 times" in soak.stdout
    assert "each there once, exactly" in soak.stdout

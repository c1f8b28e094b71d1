"""Worker, database and broker killed at random moments, and a full disk; `make soak` kills two hundred times."""

import os
import subprocess
import sys

import pytest

from tools.files import ROOT

KILLS, SEED = 5, 12  # each kind among them


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
    assert "killed 1 x database, 3 x worker, 1 x worker and broker" in soak.stdout
    assert "the disk was full 7 times" in soak.stdout
    assert "each there once, exactly" in soak.stdout

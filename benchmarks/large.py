"""A million meters' day, as one wide CSV file through one worker."""

import os
import subprocess
import sys
import time
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from django.conf import settings

from benchmarks import files, loads, server, utility
from benchmarks.utility import MONTH, SLOTS
from tools.scale_model import constants, seconds_to_load

METERS = 1_000_000
_METERS_A_PIECE = 50_000
_GOAL_SECONDS, _GOAL_MEGABYTES = 25, 512


def measured() -> str:
    """A line that says how long a worker of its own took and the most memory it held, beside the goals."""
    place = utility.build(METERS)
    feed = utility.feed_of("wide", "usage_csv_wide", **loads.CSV)
    with TemporaryDirectory() as folder:
        path = Path(folder) / "day.csv"
        with path.open(
            "wb"
        ) as file:  # in pieces, so that this process needs no more memory than the worker may
            for first in range(0, METERS, _METERS_A_PIECE):
                meters = place.meters[first : first + _METERS_A_PIECE]
                values = utility.day_of_values(len(meters), seed=first)
                piece = files.wide_csv(path.with_suffix(".piece"), meters, MONTH + timedelta(days=1), values)
                lines = piece.read_bytes()
                file.write(lines if first == 0 else lines.partition(b"\n")[2])
        began = time.perf_counter()
        command = [sys.executable, "manage.py", "load_feed", "--feed", feed.name, "--here", str(path)]
        megabytes = megabytes_of(command)
        taken = time.perf_counter() - began
    model = seconds_to_load(METERS, constants())
    verdict = "holds" if taken <= _GOAL_SECONDS and megabytes <= _GOAL_MEGABYTES else "DOES NOT HOLD"
    speed = METERS * SLOTS / taken / 1e6
    return (
        f"a million meters' day: {taken:.1f} s (goal {_GOAL_SECONDS} s, process start included),"
        f" the model says {model:.1f} s, {speed:.1f} M readings/s,"
        f" peak {megabytes:.0f} MB (goal {_GOAL_MEGABYTES} MB): {verdict}"
    )


def megabytes_of(command: list[str]) -> float:
    """Run a worker on the measured database; returns its peak of resident memory in MB.

    Read while it runs: what the kernel reports afterwards would include the parent's own memory at the fork.
    """
    worker = subprocess.Popen(
        command, cwd=settings.BASE_DIR, env={**os.environ, "DATABASE_URL": server.database_url()}
    )
    most = 0.0
    while worker.poll() is None:
        with suppress(OSError):
            lines = Path(f"/proc/{worker.pid}/status").read_text().splitlines()
            most = max([most, *(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM"))])
        time.sleep(0.05)
    if worker.returncode:
        raise RuntimeError(f"{command} ended with status {worker.returncode}")
    return most

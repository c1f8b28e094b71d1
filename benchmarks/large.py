"""A million meters' day, as one wide CSV file through one worker."""

import os
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from django.conf import settings

from benchmarks import files, loads, server, utility
from benchmarks.utility import MONTH, SLOTS

METERS = 1_000_000
_GOAL_SECONDS, _GOAL_MEGABYTES = 25, 512


def measured() -> str:
    """A line that says how long a worker of its own took and the most memory it held, beside the goals."""
    place = utility.build(METERS)
    feed = utility.feed_of("wide", "usage_csv_wide", **loads.CSV)
    with TemporaryDirectory() as folder:
        path = Path(folder) / "day.csv"
        _write(path, place)
        began = time.perf_counter()
        command = [sys.executable, "manage.py", "load_feed", "--feed", feed.name, "--here", str(path)]
        megabytes = megabytes_of(command)
        taken = time.perf_counter() - began
    verdict = "holds" if taken <= _GOAL_SECONDS and megabytes <= _GOAL_MEGABYTES else "DOES NOT HOLD"
    speed = METERS * SLOTS / taken / 1e6
    return (
        f"a million meters' day: {taken:.1f} s (goal {_GOAL_SECONDS} s, process start included),"
        f" {speed:.1f} M readings/s, peak {megabytes:.0f} MB (goal {_GOAL_MEGABYTES} MB): {verdict}"
    )


def megabytes_of(command: list[str]) -> float:
    """Run a worker on the measured database; answers its most resident memory in MB."""
    worker = subprocess.Popen(
        command, cwd=settings.BASE_DIR, env={**os.environ, "DATABASE_URL": server.database_url()}
    )
    most = 0.0
    while worker.poll() is None:
        most = max(most, _high_water(worker.pid))
        time.sleep(0.05)
    if worker.returncode:
        raise RuntimeError(f"{command} ended with status {worker.returncode}")
    return most


def _high_water(process: int) -> float:
    """MB; what the kernel tells a parent afterwards would count the parent's own memory at the fork."""
    try:
        told = Path(f"/proc/{process}/status").read_text()
    except OSError:
        return 0.0
    return max(
        (int(line.split()[1]) / 1024 for line in told.splitlines() if line.startswith("VmHWM")), default=0.0
    )


def _write(path: Path, place: utility.Utility) -> None:
    """In pieces, so that making the file takes no more memory than loading it may."""
    step = 50_000
    with path.open("wb") as file:
        for first in range(0, METERS, step):
            meters = place.meters[first : first + step]
            values = utility.day_of_values(len(meters), seed=first)
            piece = files.wide_csv(path.with_suffix(".piece"), meters, MONTH + timedelta(days=1), values)
            lines = piece.read_bytes()
            file.write(lines if first == 0 else lines.partition(b"\n")[2])

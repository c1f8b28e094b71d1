"""The processes a demo is made of: started in order, stopped in reverse, none left behind."""

import ctypes
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import requests

ROOT = Path(__file__).resolve().parent.parent
STOP_SECONDS = 10
WEB_SERVER = [sys.executable, "-m", "gunicorn", "--config", "python:cdsc_portal.gunicorn_config"]


class StartError(RuntimeError):
    """A process could not be started; the message says which and what it printed."""


class Processes:
    """Children of this process; each writes `logs/<name>.log` under `var_dir`."""

    def __init__(self, var_dir: Path, environment: dict[str, str]) -> None:
        self._logs = var_dir / "logs"
        self._logs.mkdir(parents=True, exist_ok=True)
        self.environment = environment
        self._running: list[tuple[str, subprocess.Popen[bytes]]] = []

    def start(self, name: str, command: list[str], **extra: str) -> None:
        """Run `command` in the project's folder; `extra` joins its environment."""
        with (self._logs / f"{name}.log").open("ab") as log:
            child = subprocess.Popen(  # noqa: S603 - the commands are this package's own
                command,
                cwd=ROOT,
                env={**self.environment, **extra},
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=end_with_parent,  # noqa: PLW1509
            )
        self._running.append((name, child))

    def check(self) -> None:
        """Raise StartError if a child has ended, with the end of its log."""
        for name, child in self._running:
            if child.poll() is not None:
                tail = (self._logs / f"{name}.log").read_text(errors="replace")[-2000:]
                raise StartError(f"{name} ended with code {child.returncode}:\n{tail}")

    def stop(self) -> None:
        """Ask each to end, the last started first; after a while, make it."""
        for _name, child in reversed(self._running):
            _signal(child, signal.SIGTERM)
            try:
                child.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                _signal(child, signal.SIGKILL)
                child.wait()
        self._running.clear()


def end_with_parent() -> None:
    """Linux: the child is told to end when its parent dies, however that happens."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGTERM)  # PR_SET_PDEATHSIG


def _signal(child: subprocess.Popen[bytes], number: signal.Signals) -> None:
    try:
        os.kill(child.pid, number) if number == signal.SIGTERM else os.killpg(child.pid, number)
    except ProcessLookupError:
        return


def free_port() -> int:
    """A port nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def is_taken(port: int) -> bool:
    """Whether somebody listens on the port."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return True
    return False


def wait_until(what: str, ready: Callable[[], bool], *, seconds: float, processes: Processes) -> None:
    """Wait for `ready`; raise StartError when a child ends first or the time is up."""
    end = time.monotonic() + seconds
    while not ready():
        processes.check()
        if time.monotonic() > end:
            raise StartError(f"{what} was not ready after {seconds:.0f} seconds")
        time.sleep(0.1)


def answers(url: str) -> bool:
    """Whether a GET of `url` answers 200."""
    try:
        return requests.get(url, timeout=5).status_code == 200
    except requests.RequestException:
        return False


def start_redis(processes: Processes, var_dir: Path) -> str | None:
    """A redis-server of our own where there is one on PATH; returns its URL, or None."""
    program = shutil.which("redis-server")
    if program is None:
        return None
    port, folder = free_port(), var_dir / "redis"
    folder.mkdir(parents=True, exist_ok=True)
    processes.start(
        "redis",
        [program, "--port", str(port), "--bind", "127.0.0.1", "--dir", str(folder), "--appendonly", "yes"],
    )

    def listening() -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", port)) == 0

    wait_until("redis", listening, seconds=20, processes=processes)
    return f"redis://127.0.0.1:{port}/0"


def start_server(processes: Processes, port: int) -> None:
    """The web server, drained on SIGTERM."""
    command = [*WEB_SERVER, "--bind", f"127.0.0.1:{port}", "--graceful-timeout", "8"]
    processes.start("web", command)


def start_workers(processes: Processes) -> None:
    """A Celery worker for what people wait for, and one for all else that also keeps the clock for periodic tasks."""
    worker = [sys.executable, "-m", "celery", "-A", "cdsc_portal", "worker", "--loglevel", "INFO"]
    processes.start("worker-interactive", [*worker, "--queues", "interactive", "--pool", "solo"])
    rest = ["--exclude-queues", "interactive", "--concurrency", "1", "--beat"]
    processes.start("worker", [*worker, *rest])

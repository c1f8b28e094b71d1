"""Processes by name that are stopped, killed and started again, and never outlive the run."""

import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from demo.processes import end_with_parent


class EndedEarlyError(RuntimeError):
    """A process that should serve has ended; the message has its last lines."""


class Processes:
    """Each leads a group of its own and writes `NAME.log` below `logs`."""

    def __init__(self, logs: Path) -> None:
        self._logs = logs
        self._logs.mkdir(parents=True, exist_ok=True)
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    def start(
        self,
        name: str,
        command: Sequence[str],
        *,
        environment: Mapping[str, str],
        folder: Path | str = "/",
        umask: int = 0o022,
        inherited: Sequence[int] = (),
    ) -> None:
        with (self._logs / f"{name}.log").open("ab") as log:
            self._running[name] = subprocess.Popen(
                command, env=dict(environment), cwd=folder, umask=umask, stdout=log, stderr=log,
                stdin=subprocess.DEVNULL, start_new_session=True, pass_fds=inherited,
                preexec_fn=end_with_parent,  # noqa: PLW1509
            )  # fmt: skip

    def names(self) -> list[str]:
        return list(self._running)

    def check(self) -> None:
        """Raises EndedEarlyError."""
        for name, process in self._running.items():
            if process.poll() is not None:
                raise EndedEarlyError(f"{name} ended with {process.returncode}\n{self.tail(name)}")

    def tail(self, name: str, characters: int = 3_000) -> str:
        return (self._logs / f"{name}.log").read_text(errors="replace")[-characters:]

    def stop(self, name: str, seconds: float = 90) -> None:
        """SIGTERM, as systemd sends it to the whole group; after a while SIGKILL."""
        self._end(name, signal.SIGTERM, seconds)

    def kill(self, name: str) -> None:
        self._end(name, signal.SIGKILL, 30)

    def _end(self, name: str, by: signal.Signals, seconds: float) -> None:
        process = self._running.pop(name)
        _signal(process, by)
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            _signal(process, signal.SIGKILL)
            process.wait()
        _signal(process, signal.SIGKILL)  # a child that its parent left

    def stop_all(self) -> None:
        """The last started first."""
        for name in reversed(self.names()):
            self.stop(name, 20)


def _signal(process: "subprocess.Popen[bytes]", number: signal.Signals) -> None:
    try:
        os.killpg(process.pid, number)
    except ProcessLookupError:
        return

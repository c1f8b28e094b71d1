"""Processes by name that are stopped, killed and started again, and never outlive the run."""

import contextlib
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

    def is_running(self, name: str) -> bool:
        return self._running[name].poll() is None

    def check(self) -> None:
        """Raises EndedEarlyError."""
        for name, process in self._running.items():
            if process.poll() is not None:
                raise EndedEarlyError(f"{name} ended with {process.returncode}\n{self.tail(name)}")

    def tail(self, name: str, characters: int = 3_000) -> str:
        return (self._logs / f"{name}.log").read_text(errors="replace")[-characters:]

    def ask_to_end(self, name: str, *, first_alone: bool = True) -> None:
        """SIGTERM, to the first process or to all that it started."""
        _signal(self._running[name], signal.SIGTERM, first_alone)

    def wait_for_end(self, name: str, seconds: float) -> None:
        """After `seconds` all of it is killed. Raises EndedEarlyError if that was needed."""
        process = self._running.pop(name)
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            raise EndedEarlyError(f"{name} did not end within {seconds:.0f} s\n{self.tail(name)}") from None
        finally:
            _signal(process, signal.SIGKILL)  # a child that its parent left
            process.wait()

    def kill(self, name: str) -> None:
        process = self._running.pop(name)
        _signal(process, signal.SIGKILL)
        process.wait()

    def stop_all(self) -> None:
        """Whatever they do: each has a moment."""
        for name in self.names():
            self.ask_to_end(name)
        for name in self.names():
            with contextlib.suppress(EndedEarlyError):
                self.wait_for_end(name, 10)


def _signal(process: "subprocess.Popen[bytes]", number: signal.Signals, first_alone: bool = False) -> None:
    with contextlib.suppress(ProcessLookupError):
        (os.kill if first_alone else os.killpg)(process.pid, number)

"""A person at a terminal: waits for each question and types its answer."""

import os
import pty
import select
import time
from collections.abc import Mapping, Sequence

_PATIENCE = 120  # seconds


class NoQuestionError(RuntimeError):
    """The program did not ask what was expected, or failed; the message has what it printed."""


def type_answers(command: Sequence[str], answers: Mapping[str, str], environment: Mapping[str, str]) -> str:
    """What `command` printed; `answers` by the question, in the order of asking. Raises NoQuestionError."""
    process, terminal = pty.fork()
    if process == 0:
        os.execvpe(command[0], list(command), dict(environment))  # noqa: S606 - no shell
    printed = ""
    try:
        for question, answer in answers.items():
            shown, printed_before = "", printed
            while not shown.rstrip().endswith(question):
                shown += _read(terminal, printed_before + shown)
            printed += shown
            os.write(terminal, f"{answer}\n".encode())
        while piece := _read_to_end(terminal):
            printed += piece
    finally:
        os.close(terminal)
    _process, status = os.waitpid(process, 0)
    if os.waitstatus_to_exitcode(status):
        raise NoQuestionError(printed)
    return printed


def _read(terminal: int, printed: str) -> str:
    piece = _read_to_end(terminal)
    if not piece:
        raise NoQuestionError(printed)
    return piece


def _read_to_end(terminal: int) -> str:
    """ "" at the end of the program, or when it says nothing for too long."""
    until = time.monotonic() + _PATIENCE
    while time.monotonic() < until:
        ready, _write, _error = select.select([terminal], [], [], 1)
        if ready:
            try:
                return os.read(terminal, 4096).decode(errors="replace")
            except OSError:  # Linux says so when the program has ended
                return ""
    return ""

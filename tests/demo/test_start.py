"""What stops `make demo` before it starts, and what a second start starts."""

from contextlib import nullcontext

import pytest

from demo import __main__ as demo
from demo import installation, processes
from demo.__main__ import main


@pytest.mark.parametrize("port", ["abc", "", "0", "65535", "-1", "80.5"])
def test_a_wrong_port_is_named_and_nothing_starts(monkeypatch, capsys, port):
    monkeypatch.setenv("PORT", port)
    monkeypatch.setattr("signal.signal", lambda *_handler: None)

    status = main(["serve"])

    assert status == 1
    assert f"PORT is {port!r}" in capsys.readouterr().err


def test_a_demo_that_is_started_again_has_a_worker(monkeypatch, tmp_path):
    monkeypatch.setattr("signal.signal", lambda *_handler: None)

    class Complete:
        complete = True

        def start_third_party(self, *_: object) -> str:
            raise KeyboardInterrupt

    started = []
    monkeypatch.setattr(demo, "stack", lambda *_: nullcontext())
    monkeypatch.setattr(demo, "wait_for_web", lambda *_: None)
    monkeypatch.setattr(installation, "prepare", lambda *_, **__: Complete())
    for name in ("start_server", "start_workers"):
        monkeypatch.setattr(processes, name, lambda *_, name=name: started.append(name))
    monkeypatch.setattr(processes, "is_taken", lambda _: False)

    assert main(["serve"]) == 0
    assert started == ["start_server", "start_workers"]

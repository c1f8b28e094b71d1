"""What stops `make demo` before it starts."""

import pytest

from cdsc_portal.demo.__main__ import main


@pytest.mark.parametrize("port", ["abc", "", "0", "65535", "-1", "80.5"])
def test_a_wrong_port_is_named_and_nothing_starts(monkeypatch, capsys, port):
    monkeypatch.setenv("PORT", port)
    monkeypatch.setattr("signal.signal", lambda *_handler: None)

    status = main(["serve"])

    assert status == 1
    assert f"PORT is {port!r}" in capsys.readouterr().err

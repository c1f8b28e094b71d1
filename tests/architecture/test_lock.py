"""What the runtime lock must hold although nothing of ours imports it."""

import re
from importlib.metadata import requires
from pathlib import Path

LOCK = (Path(__file__).resolve().parents[2] / "requirements" / "runtime.txt").read_text(encoding="utf-8")


def test_a_runtime_only_installation_can_speak_to_redis():
    needed = [line for line in requires("kombu") or [] if re.search(r"extra == .redis.", line)]

    assert needed
    for line in needed:
        name = re.match(r"[A-Za-z0-9_.-]+", line)[0].lower()
        assert re.search(rf"^{re.escape(name)}==", LOCK, re.MULTILINE), name

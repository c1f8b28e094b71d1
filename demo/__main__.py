"""`python -m demo serve | smoke | reset | pictures`: what `make demo`, `make smoke`, `make demo-reset` and
`make pictures` run.
"""

import os
import shutil
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cdsc_portal import embedded_postgres
from demo import processes as running
from demo.processes import Processes, StartError

ROOT = Path(__file__).resolve().parent.parent
DEMO_DIR, SMOKE_DIR = ROOT / "var", ROOT / "var" / "smoke"
DEMO_MONTHS, SMOKE_MONTHS = 24, 3


def main(arguments: list[str]) -> int:
    commands = {"serve": serve, "smoke": smoke, "reset": reset, "pictures": pictures}
    if len(arguments) != 1 or arguments[0] not in commands:
        print(__doc__, file=sys.stderr)
        return 2
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # a KeyboardInterrupt, as Ctrl-C is
    try:
        return commands[arguments[0]]()
    except StartError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 0


def serve() -> int:
    """Set up what is missing, run the main job at the first start, then serve until interrupted."""
    text = os.environ.get("PORT", "8000")
    if not (
        text.isascii() and text.isdigit() and 0 < int(text) < 65534
    ):  # the next two are for third parties
        raise StartError(f"PORT is {text!r}; it must be a number from 1 to 65533.")
    port = int(text)
    for taken in (number for number in (port, port + 1) if running.is_taken(number)):
        raise StartError(
            f"Port {taken} is taken. Stop what uses it, or set PORT (the third party uses PORT + 1)."
        )
    began = time.monotonic()
    with stack(DEMO_DIR, port) as processes:
        from demo import installation, tour

        demo = installation.prepare(DEMO_DIR, port=port, months=DEMO_MONTHS)
        running.start_server(processes, port)
        wait_for_web(processes, port)
        if demo.complete:
            running.start_workers(processes)
        else:
            _load_and_walk(demo, processes, port, history=True)
        party = demo.start_third_party(processes, port + 1)
        running.wait_until("the third party", lambda: running.answers(party), seconds=20, processes=processes)
        tour.show(demo, third_party=party, seconds=time.monotonic() - began)
        while True:
            processes.check()
            time.sleep(1)


def smoke() -> int:
    """The main job from nothing on a free port, then exit; 0 only if every step held."""
    from demo.main_job import StepFailed
    from examples.third_party import OAuthError

    embedded_postgres.stop(SMOKE_DIR / "postgres")
    shutil.rmtree(SMOKE_DIR, ignore_errors=True)
    port = running.free_port()
    try:
        with stack(SMOKE_DIR, port) as processes:
            from demo import installation

            demo = installation.prepare(SMOKE_DIR, port=port, months=SMOKE_MONTHS)
            running.start_server(processes, port)
            wait_for_web(processes, port)
            _load_and_walk(demo, processes, port, history=False)
    except (StepFailed, OAuthError, LookupError) as error:
        print(f"smoke: FAILED: {error}", file=sys.stderr)
        return 1
    print("smoke: every step held")
    return 0


def pictures() -> int:
    """Take the pictures of the docs and of the public page, from the demo that `make demo` made, and exit."""
    if not (DEMO_DIR / "demo.json").exists():
        raise StartError("There is no demo to take pictures of: run `make demo` once.")
    port = running.free_port()
    with stack(DEMO_DIR, port) as processes:
        from demo import installation
        from demo.pictures import take

        demo = installation.prepare(DEMO_DIR, port=port, months=DEMO_MONTHS)
        running.start_server(processes, port)
        wait_for_web(processes, port)
        demo.ask_once_more()
        for path in take(demo):
            print(f"{path.relative_to(ROOT)}: {path.stat().st_size // 1024} KB")
    return 0


def reset() -> int:
    """Forget the demo: its database, files and mail."""
    embedded_postgres.stop(DEMO_DIR / "postgres")
    for name in ("postgres", "media", "mail", "broker", "redis", "logs", "demo", "demo.json"):
        path = DEMO_DIR / name
        shutil.rmtree(path, ignore_errors=True) if path.is_dir() else path.unlink(missing_ok=True)
    print("The demo was reset.")
    return 0


def _load_and_walk(demo: object, processes: Processes, port: int, *, history: bool) -> None:
    from demo.installation import Installation
    from demo.main_job import Walk
    from demo.sandbox_walk import register_and_fetch

    if not isinstance(demo, Installation):
        raise TypeError("an installation is needed")
    print("The main job, step by step:", flush=True)
    demo.load(processes)
    Walk(demo.party, demo.base_url, *demo.owner).run()
    register_and_fetch(demo.base_url)
    if history:
        demo.add_history()
    demo.finish()


def wait_for_web(processes: Processes, port: int) -> None:
    health = f"http://127.0.0.1:{port}/health/ready"
    running.wait_until("the web server", lambda: running.answers(health), seconds=60, processes=processes)


@contextmanager
def stack(var_dir: Path, port: int) -> Iterator[Processes]:
    """PostgreSQL and broker under `var_dir`, this process's environment set to match; all stopped at the end."""
    var_dir.mkdir(parents=True, exist_ok=True)
    os.environ |= {
        "DEVELOPMENT": "1",
        "VAR_DIR": str(var_dir),
        "PUBLIC_URL": f"http://localhost:{port}",
        "DJANGO_SETTINGS_MODULE": "cdsc_portal.settings",
    }
    processes = Processes(var_dir, dict(os.environ))
    embedded = not os.environ.get("DATABASE_URL")
    try:
        if not os.environ.get("REDIS_URL") and (redis := running.start_redis(processes, var_dir)):
            os.environ["REDIS_URL"] = redis
            processes.environment["REDIS_URL"] = redis
        yield processes
    finally:
        processes.stop()
        if embedded:
            embedded_postgres.stop(var_dir / "postgres")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

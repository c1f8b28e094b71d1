"""`make production-test`: what docs/operations.md says, from an empty folder, on PostgreSQL, Redis and nginx.

    python -m tools.production [--keep]

Files lie in a temporary folder and go with it, processes end with the run. Exit status 0: every step held.
"""

import argparse
import os
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from demo.main_job import StepFailed
from examples.third_party import OAuthError
from tools.production import installing
from tools.production.document import named_blocks
from tools.production.machine import CommandFailedError, Machine
from tools.production.needs import LackingError, install_packages, own_address
from tools.production.outside import MailServer, names
from tools.production.processes import EndedEarlyError
from tools.production.typing_person import NoQuestionError

_FAILURES = (
    CommandFailedError, EndedEarlyError, LackingError, NoQuestionError, OAuthError, OSError, LookupError, StepFailed,
)  # fmt: skip


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    os.umask(0o022)
    began = time.monotonic()
    with ExitStack() as stack:
        root = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="cdsc-production-")))
        root.chmod(0o711)
        try:
            run(root, stack)
        except _FAILURES as error:
            print(f"production-test: FAILED: {error}", file=sys.stderr)
            return 1
    print(f"production-test: every step held ({time.monotonic() - began:.0f} s)")
    return 0


@contextmanager
def step(name: str) -> Iterator[None]:
    began = time.monotonic()
    try:
        yield
    except BaseException:
        print(f"production-test: {name} FAILED {time.monotonic() - began:.1f} s", flush=True)
        raise
    print(f"production-test: {name} ok {time.monotonic() - began:.1f} s", flush=True)


def run(root: Path, stack: ExitStack) -> None:
    commands, staff = named_blocks(), installing.Staff()
    with step("what the machine has"):
        install_packages(commands["packages"])
        machine = Machine(root / "machine", own_address())
        mail = MailServer(machine.address)
        stack.callback(mail.shutdown)
    with step("wheel and container context"):
        empty = root / "empty"
        empty.mkdir()
        installing.lay_container_context(installing.working_tree(root / "built"), empty)
    with step("product by its lock file"):
        installing.install_product(machine, commands, empty)
    with step("PostgreSQL and Redis"):
        stack.enter_context(machine.postgres)
        stack.callback(machine.processes.stop_all)
        machine.start_redis()
    with step("settings"):
        installing.write_settings(machine, commands, mail)
    with step("migrate, check --deploy"):
        installing.check_and_migrate(machine, commands)
    with step("nginx with TLS"):
        os.environ["REQUESTS_CA_BUNDLE"] = str(installing.put_proxy_in_front(machine, commands))
        stack.enter_context(names(installing.HOST, machine.address))
    with step("web, workers, beat"):
        machine.run(commands["start"])
        machine.processes.check()
    with step("first of staff"):
        installing.make_first_staff(machine, commands, staff)
    with step("login over TLS, with a second factor"):
        installing.log_in_staff_first(staff)


if __name__ == "__main__":
    sys.exit(main())

"""`make production-test`: what docs/operations.md says, from an empty folder, on PostgreSQL, Redis and nginx.

    python -m tools.production [--before COMMIT]

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
from tools.production.document import named_blocks
from tools.production.installing import (
    HOST,
    ORIGIN,
    Staff,
    install_product,
    lay_container_context,
    log_in_staff_first,
    make_first_staff,
    migrate_and_check,
    put_proxy_in_front,
    working_tree,
    write_settings,
)
from tools.production.keeping import back_up, restore, stays_dead, web_refuses_a_database_of_before
from tools.production.machine import CommandFailedError, Machine
from tools.production.needs import LackingError, install_packages, own_address
from tools.production.outside import MailServer, names
from tools.production.processes import EndedEarlyError
from tools.production.rotating import rotate
from tools.production.typing_person import NoQuestionError
from tools.production.upgrading import context_of_before, let_before_migrate, quickly, release_before, upgrade
from tools.production.using import do_main_job, fill, kill_each, log_in_by_code

_FAILURES = (
    CommandFailedError, EndedEarlyError, LackingError, NoQuestionError, OAuthError, OSError, LookupError, StepFailed,
)  # fmt: skip


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--before", default="", metavar="COMMIT", help="the release to upgrade from")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    os.umask(0o022)
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="cdsc-production-") as folder:
        Path(folder).chmod(0o711)  # some of it is another user's
        try:
            run(Path(folder), options.before)
        except _FAILURES as error:
            print(f"production-test: FAILED: {error}", file=sys.stderr)
            return 1
    print(f"production-test: every step held ({time.monotonic() - began:.0f} s)")
    return 0


@contextmanager
def step(name: str) -> Iterator[list[str]]:
    """Prints a line; what is put into the list stands in it."""
    began, detail = time.monotonic(), list[str]()
    try:
        yield detail
    except BaseException:
        print(f"production-test: {name} FAILED {time.monotonic() - began:.1f} s", flush=True)
        raise
    print(f"production-test: {name} ok {time.monotonic() - began:.1f} s", *detail, flush=True)


def run(root: Path, before: str) -> None:
    commands, staff = named_blocks(), Staff()
    with step("what the machine has"):
        install_packages(commands["packages"])
        own_address()
    with step("wheel and container context"):
        context = lay_container_context(working_tree(root / "built"), root / "new")
    with installed(root / "machine", context, commands) as (machine, mail):
        with step("first of staff"):
            make_first_staff(machine, commands, staff)
        with step("login over TLS, with a second factor"):
            log_in_staff_first(staff)
        use(machine, commands, mail, staff)
    commit, why = release_before(before)
    print(f"production-test: the release before is {why}", flush=True)
    with step("the release before: wheel and container context"):
        context_before, tree = context_of_before(commit, root / "before")
    quick = quickly(commands)
    with installed(root / "next", context_before, quick, "the release before: ") as (machine, _mail):
        with step("the release before: customers, readings and companies"):
            household = fill(machine, ORIGIN, tree)
        with step("upgrade, while the release before serves and loads") as detail:
            detail.append(upgrade(machine, quick, household, context))


@contextmanager
def installed(
    root: Path, context: Path, commands: dict[str, str], whose: str = ""
) -> Iterator[tuple[Machine, MailServer]]:
    """From the folder with a container context to a production that serves, until left."""
    root.mkdir()
    address = own_address()
    machine, mail = Machine(root, address), MailServer(address)
    with ExitStack() as stack:
        stack.callback(mail.server_close)
        stack.callback(mail.shutdown)
        stack.enter_context(names(HOST, address))
        with step(f"{whose}product by its lock file"):
            install_product(machine, commands, context.parent)
        with step(f"{whose}PostgreSQL and Redis"):
            stack.enter_context(machine.postgres)
            stack.callback(machine.end)
            machine.start_redis()
        with step(f"{whose}settings"):
            write_settings(machine, commands, mail)
            if whose:
                let_before_migrate(machine)
        with step(f"{whose}migrate, check --deploy"):
            migrate_and_check(machine, commands, has_warnings=bool(whose))
        with step(f"{whose}nginx with TLS"):
            os.environ["REQUESTS_CA_BUNDLE"] = str(put_proxy_in_front(machine, commands))
        with step(f"{whose}web, workers, beat"):
            machine.run(commands["start"])
            machine.processes.check()
        yield machine, mail


def use(machine: Machine, commands: dict[str, str], mail: MailServer, staff: Staff) -> None:
    with step("customers, readings and companies"):
        household = fill(machine, ORIGIN)
    with step("the main job, and a stranger in the sandbox"):
        do_main_job(household)
    with step("a login by a code"):
        log_in_by_code(household, mail)
    with step("each process is killed"):
        kill_each(machine, household, mail)
    with step("backup"):
        token = household.granted(household.parties[0])
        back_up(machine, commands)
    with step("a consent is stopped"):
        household.stop_latest()
        stays_dead(token, household)
    with step("web refuses the database of before"):
        web_refuses_a_database_of_before(machine, commands, token, household)
    with step("restore, and the consent stays stopped"):
        restore(machine, commands, token, household)
    with step("a new secret key under load") as detail:
        detail.append(rotate(machine, commands, household, staff))


if __name__ == "__main__":
    sys.exit(main())

"""From the release before to this one: its code serves and loads while the new one migrates."""

import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from demo.main_job import require
from tools.files import ROOT
from tools.production.installing import lay_container_context
from tools.production.machine import Machine
from tools.production.using import Callers, Household, serve_for_a_while, wait_for_workers
from tools.release.__main__ import BIN

_PLACEHOLDER = "cdsc_portal-1.3.0"  # what docs/upgrade.md calls the new release


def release_before(chosen: str = "") -> tuple[str, str]:
    """(commit, in words why): the newest tag, else the newest commit with other migrations than today's."""
    if chosen:
        return chosen, f"commit {chosen}, as chosen"
    tags = _git("tag", "--list", "v*", "--sort=-version:refname").split()
    if tags:
        return tags[0], f"the newest tag, {tags[0]}"
    newest = _git("log", "-1", "--format=%H", "--", "*/migrations/*.py").strip()
    before = _git("rev-parse", "--short", f"{newest}^").strip()
    return before, f"{before}, the newest commit whose migrations differ from today's, since there is no tag"


def _git(*words: str) -> str:
    return subprocess.run(["git", *words], cwd=ROOT, check=True, capture_output=True, text=True).stdout


def context_of_before(commit: str, folder: Path) -> tuple[Path, Path]:
    """(its container context, its tree): code of before in the units and by the proxy of today."""
    tree = folder / "tree"
    tree.mkdir(parents=True)
    archive = subprocess.run(["git", "archive", commit], cwd=ROOT, check=True, stdout=subprocess.PIPE)
    subprocess.run(["tar", "--extract", "--directory", str(tree)], input=archive.stdout, check=True)
    shutil.rmtree(tree / "deploy")
    shutil.copytree(ROOT / "deploy", tree / "deploy")
    built = lay_container_context(tree, folder / "context")
    return built.rename(built.with_name("cdsc_portal-0.0.0-container.tar.gz")), tree


def quickly(commands: dict[str, str]) -> dict[str, str]:
    """The same with uv in place of pip: installing as documented is shown already."""
    pip = '"$release/.venv/bin/python" -m pip install'
    if pip not in commands["product"]:
        raise ValueError("the document installs by something else than pip")
    by_uv = f'{BIN / "uv"} pip install --quiet --python "$release/.venv/bin/python"'
    return commands | {"product": commands["product"].replace(pip, by_uv)}


def let_before_migrate(machine: Machine) -> None:
    """Migrations up to consent 0033 named a setting in the head of functions, for which a role needs this right."""
    machine.run(
        "runuser -u postgres -- psql --command 'GRANT SET ON PARAMETER append_only.exception TO portal'\n"
    )


def upgrade(machine: Machine, commands: dict[str, str], household: Household, context: Path) -> str:
    """What was called and loaded meanwhile, in words."""
    party = household.parties[0]
    callers = Callers(household.granted(party), party, household.logged_in())
    release = context.name.removesuffix("-container.tar.gz")
    migrate = commands["upgrade-migrate"].replace(_PLACEHOLDER, release)
    switch = commands["upgrade-switch"].replace(_PLACEHOLDER, release)
    machine.run(commands["product"], folder=context.parent)
    machine.here_files(machine.place(f"/opt/cdsc-portal-releases/{release}/deploy"))
    loading = Loading(machine)
    with callers.calling():
        with loading.going_on():
            machine.run(migrate)
        machine.run(switch)
        serve_for_a_while(machine)
    require(
        machine.place("/opt/cdsc-portal").resolve().name == release, "the release before is still current"
    )
    wait_for_workers(machine)
    household.granted(household.parties[1])
    calls = ", ".join(f"{count} calls for a {kind}" for kind, count in sorted(callers.counted.items()))
    return f"{calls}, {loading.files} files loaded"


@dataclass(slots=True)
class Loading:
    """Files of readings, one after the other, each with other values than the one before."""

    machine: Machine
    files: int = 0
    failed: list[Exception] = field(default_factory=list)

    @contextmanager
    def going_on(self) -> Iterator[None]:
        """Raises what went wrong with a file."""
        over = threading.Event()
        thread = threading.Thread(target=self._load_on, args=(over,))
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()
        if self.failed:
            raise self.failed[0]
        require(self.files > 0, "no file was loaded meanwhile")

    def _load_on(self, over: threading.Event) -> None:
        folder = self.machine.root / "feeds"
        rows = (folder / "usage.csv").read_text().splitlines()
        try:
            while not over.is_set():
                file = folder / f"usage-{self.files}.csv"
                file.write_text("\n".join(changed(rows, self.files)) + "\n")
                file.chmod(0o644)
                self.machine.run(
                    f"cdsc-portal load_feed --feed 'Meter readings' {file} --wait || test $? = 1\n"
                )
                self.files += 1
        except Exception as error:
            self.failed.append(error)


def changed(rows: list[str], number: int) -> list[str]:
    """A few values are others; a file with many waits for somebody who confirms it."""
    first, *rest = rows
    meter, *between, value, quality = rest[number].split(",")
    rest[number] = ",".join([meter, *between, str(int(value or 0) + 1), quality])
    return [first, *rest]

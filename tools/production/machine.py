"""The machine that docs/operations.md speaks of, within one folder and at one address of this machine.

Commands run as they are written, but for where they lead: `/opt/cdsc-portal`, `/etc/nginx` and the others of PLACES lie
below the folder, 127.0.0.1 is an address of the folder's own. As root, what the document does as `portal` or
`postgres` is done as `nobody`. No systemd is spoken to: units are started here by their own commands.
"""

import fnmatch
import os
import re
import shutil
import socket
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path

from cdsc_portal.env import Environment
from tools.own_postgres import OwnPostgres
from tools.production.document import pieces
from tools.production.processes import Processes
from tools.production.typing_person import type_answers
from tools.production.units import Unit, environment_of, sockets_of, units_of

PLACES = (
    "/opt/cdsc-portal", "/etc/cdsc-portal", "/etc/nginx", "/etc/systemd/system", "/usr/local/bin/cdsc-portal",
    "/var/lib/cdsc-portal", "/var/lib/cdsc-journal", "/var/backups/cdsc-portal", "/var/log/nginx",
)  # fmt: skip
_FOLDERS = (
    "opt", "etc/nginx/conf.d", "etc/nginx/tls", "etc/systemd/system", "usr/local/bin", "var/lib", "var/backups",
    "var/log/nginx", "var/lib/nginx", "stand-ins", "tmp",
)  # fmt: skip
_PLACE = re.compile(rf"(?<![\w.])(?=(?:{'|'.join(map(re.escape, PLACES))})\b)")
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"  # root's after a fresh installation
_ROOT = os.geteuid() == 0
_AS_NOBODY = ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups"] if _ROOT else []
_OWNER, _OWNER_HERE = "--owner portal --group portal", "--owner nobody --group nogroup" if _ROOT else ""
_SETTINGS = {name.upper() for name in Environment.model_fields}
_NOT_OF_A_SHELL = ("DJANGO_", "PYTHON", "VIRTUAL_ENV", "MAKE", "MFLAGS", "FEED_SECRET_", "PG")
_PASSWORD = "for-this-run"  # noqa: S105 - of a server that ends with the run
TARGET = "cdsc-portal.target"
READY = (
    "curl --silent --fail --retry 90 --retry-delay 1 --retry-connrefused http://127.0.0.1:8000/health/ready\n"
)
_WITH_SOCKET = 'exec 3<&{}; export LISTEN_FDS=1 LISTEN_PID=$$; exec "$@"'
_NGINX_CONF = """
pid {root}/nginx.pid; daemon off; worker_processes 2; error_log {root}/var/log/nginx/error.log; {user}
events {{}}
http {{
  client_body_temp_path {root}/var/lib/nginx/body; proxy_temp_path {root}/var/lib/nginx/proxy;
  fastcgi_temp_path {root}/var/lib/nginx/fastcgi; uwsgi_temp_path {root}/var/lib/nginx/uwsgi;
  scgi_temp_path {root}/var/lib/nginx/scgi;
  include {root}/etc/nginx/conf.d/*.conf;
}}
"""


class CommandFailedError(RuntimeError):
    """A command of the document ended with an error; the message has it and its last lines."""


class Machine:
    """Made in an empty `root` that everybody may pass through."""

    def __init__(self, root: Path, address: str) -> None:
        self.root, self.address = root, address
        self.settings_file = root / "etc/cdsc-portal/portal.env"
        self.postgres = OwnPostgres(
            root / "postgres", password=_PASSWORD, owner="postgres", address=address, port=5432
        )
        self.processes = Processes(root / "logs")
        self.units: dict[str, Unit] = {}
        self._sockets: dict[str, socket.socket] = {}
        for folder in _FOLDERS:
            (root / folder).mkdir(parents=True)
        user = "user nobody nogroup;" if _ROOT else ""
        (root / "etc/nginx/nginx.conf").write_text(_NGINX_CONF.format(root=root, user=user))
        for name, script in self._stand_ins().items():
            file = root / "stand-ins" / name
            file.write_text(f"#!/bin/sh\n{script}\n")
            file.chmod(0o755)

    def _stand_ins(self) -> dict[str, str]:
        """What is called in place of the machine's own programs."""
        as_postgres = f"export PGHOST={self.address} PGUSER=postgres PGPASSWORD={_PASSWORD}"
        return {
            "apt-get": "exit 0  # what was missing is installed already",
            "useradd": "exit 0  # nobody",
            "runuser": f'[ "$2" = postgres ] && {as_postgres}\nshift 3\nexec {" ".join(_AS_NOBODY)} "$@"',
            "nginx": f'PATH={_PATH}\nexec nginx -e {self.root}/nginx.log -c {self.root}/etc/nginx/nginx.conf "$@"',
        }

    def here(self, text: str) -> str:
        """`text` with this machine's places, address and owner of files."""
        text = _PLACE.sub(str(self.root), text.replace(_OWNER, _OWNER_HERE))
        return re.sub(r"\b127\.0\.0\.1(?=:\d)", self.address, text)

    def place(self, path: str) -> Path:
        return Path(self.here(path))

    def here_files(self, folder: Path) -> None:
        """The same with what the product brought; with files that are so already, too."""
        for path in folder.rglob("*"):
            if path.is_file():
                text = self.here(path.read_text(encoding="utf-8"))
                path.write_text(
                    re.sub(r"\blisten (80|443)\b", rf"listen {self.address}:\1", text), encoding="utf-8"
                )

    # --- commands

    def environment(self) -> dict[str, str]:
        """A shell's: nothing of what this program itself was started with."""
        kept = {
            name: value
            for name, value in os.environ.items()
            if name.removesuffix("_FILE") not in _SETTINGS and not name.startswith(_NOT_OF_A_SHELL)
        }
        return kept | {
            "PATH": f"{self.root}/stand-ins:{self.root}/usr/local/bin:{_PATH}",
            "LC_ALL": "C.UTF-8",
        }

    def run(self, commands: str, folder: Path | None = None) -> str:
        """The lines of a block of the document, one after the other; what they print. Raises CommandFailedError."""
        printed = ""
        for is_for_systemd, piece in pieces(self.here(commands)):
            if is_for_systemd:
                self.systemctl(piece.split()[1:])
                continue
            done = subprocess.run(
                ["bash", "-euo", "pipefail", "-c", piece], cwd=folder or self.root, env=self.environment(),
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            )  # fmt: skip
            if done.returncode:
                raise CommandFailedError(f"{piece}\nended with {done.returncode}:\n{done.stdout[-4_000:]}")
            printed += done.stdout
        return printed

    def run_typing(self, command: str, answers: Mapping[str, str]) -> str:
        """`command` at a terminal, where a person types the answer to each question."""
        return type_answers(["bash", "-c", self.here(command)], answers, self.environment())

    def python(self, script: Path, *arguments: str, path: Path, **more: str) -> str:
        """A program of ours in the product's environment, as the units' user; `path` is what it imports beside it."""
        environment = self.environment() | environment_of(self.settings_file.read_text()) | more
        environment |= {"DJANGO_SETTINGS_MODULE": "cdsc_portal.settings", "PYTHONPATH": str(path)}
        python = self.place("/opt/cdsc-portal/.venv/bin/python")
        done = subprocess.run(
            [*_AS_NOBODY, str(python), str(script), *arguments], cwd="/", env=environment, umask=0o077,
            capture_output=True, text=True,
        )  # fmt: skip
        if done.returncode:
            raise CommandFailedError(f"{script.name} ended with {done.returncode}:\n{done.stderr[-4_000:]}")
        return done.stdout

    def setting(self, name: str) -> str:
        return environment_of(self.settings_file.read_text())[name]

    def edit_settings(self, **values: str) -> None:
        """As an administrator would, in the file of the settings."""
        kept = [
            line
            for line in self.settings_file.read_text().splitlines()
            if line.partition("=")[0] not in values
        ]
        self.settings_file.write_text("\n".join([*kept, *(f"{k}='{v}'" for k, v in values.items())]) + "\n")

    # --- what systemd would do

    def systemctl(self, words: list[str]) -> None:
        """The few words that the documents say to it. Raises CommandFailedError for others."""
        match words:
            case ["daemon-reload"]:
                folder = self.place("/etc/systemd/system")
                self.here_files(folder)
                self.units = {unit.name: unit for unit in units_of(folder, TARGET)}
            case ["restart", "postgresql"]:
                self.postgres.restart()
            case ["reload", "nginx"]:
                self.start_nginx()
            case ["enable", "--now", _] | ["start", _] if words[-1] == TARGET:
                self._listen()
                for name in self.units.keys() - set(self.processes.names()):
                    self.start(name)
            case ["stop", _] if words[-1] == TARGET:
                self._stop([name for name in self.units if name in self.processes.names()])
                self._close()
            case ["restart", pattern]:
                names = fnmatch.filter([f"{name}.service" for name in self.units], pattern.strip("'"))
                self._stop([name.removesuffix(".service") for name in names], start_again=True)
            case _:
                raise CommandFailedError(f"production-test knows no `systemctl {' '.join(words)}`")

    def _listen(self) -> None:
        for name, address, backlog in sockets_of(self.place("/etc/systemd/system"), TARGET):
            if name not in self._sockets:
                host, _colon, port = address.rpartition(":")
                self._sockets[name] = socket.create_server((host, int(port)), backlog=backlog)

    def _close(self) -> None:
        for listening in self._sockets.values():
            listening.close()
        self._sockets.clear()

    def start(self, name: str) -> None:
        unit = self.units[name]
        command, inherited = [*_AS_NOBODY, *unit.arguments()], []
        if name in self._sockets:
            inherited = [self._sockets[name].fileno()]
            command = ["sh", "-c", _WITH_SOCKET.format(inherited[0]), "sh", *command]
        own_tmp = self.folder_of_units(f"tmp/{name}")  # PrivateTmp
        for folder in unit.state_folders:
            self.folder_of_units(f"var/lib/{folder}")
        self.processes.start(
            name, command, folder=unit.working_directory, umask=unit.umask, inherited=inherited,
            environment={"PATH": _PATH, "LANG": "C.UTF-8", "TMPDIR": str(own_tmp), **unit.environment()},
        )  # fmt: skip

    def folder_of_units(self, place: str) -> Path:
        """Made for the units' user alone."""
        path = self.root / place
        path.mkdir(mode=0o700, exist_ok=True)
        if _ROOT:
            shutil.chown(path, "nobody", "nogroup")
        return path

    def _stop(self, names: list[str], *, start_again: bool = False) -> None:
        """All at once, as systemd does; with `start_again` each starts when it has ended."""
        for name in names:
            self.processes.ask_to_end(name, first_alone=self.units[name].first_alone)
        for name in names:
            self.processes.wait_for_end(name, self.units[name].stop_seconds)
            if start_again:
                self.start(name)

    def kill(self, name: str) -> None:
        """SIGKILL to all of a unit; then it starts again, as Restart=always says."""
        self.processes.kill(name)
        self.start(name)

    def start_nginx(self) -> None:
        if "nginx" in self.processes.names():
            self.processes.ask_to_end("nginx")
            self.processes.wait_for_end("nginx", 20)
        self.processes.start("nginx", ["nginx"], environment=self.environment())
        self._wait_for(443)

    def start_redis(self) -> None:
        """As Debian's runs, but that it keeps nothing."""
        command = [
            "redis-server",
            "--bind",
            self.address,
            "--port",
            "6379",
            "--save",
            "",
            "--appendonly",
            "no",
        ]
        self.processes.start("redis", command, environment=self.environment(), folder=self.root)
        self._wait_for(6379)

    def _wait_for(self, port: int) -> None:
        until = time.monotonic() + 20
        while time.monotonic() < until:
            self.processes.check()
            with socket.socket() as probe:
                if probe.connect_ex((self.address, port)) == 0:
                    return
            time.sleep(0.05)
        raise CommandFailedError(f"nobody listens at port {port}")

    def end(self) -> None:
        self.processes.stop_all()
        self._close()

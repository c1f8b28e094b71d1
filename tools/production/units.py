"""The units of deploy/systemd, read as systemd reads them: what each starts, with which variables and folders."""

import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Unit:
    name: str  # cdsc-portal-worker@feeds
    command: str  # as written, variables not yet replaced
    variables: Mapping[str, str] = field(default_factory=dict)  # of Environment=
    environment_file: Path | None = None
    state_folders: tuple[str, ...] = ()
    working_directory: str = "/"
    umask: int = 0o022
    stop_seconds: float = 90
    first_alone: bool = False  # KillMode=mixed: SIGTERM goes to the first process, SIGKILL at last to all

    def environment(self) -> dict[str, str]:
        """What the process gets beside the system's own."""
        read = environment_of(self.environment_file.read_text()) if self.environment_file else {}
        return {**self.variables, **read}

    def arguments(self) -> list[str]:
        """The command as it is started: `${NAME}` is replaced within a word."""
        values = self.environment()
        return [
            re.sub(r"\$\{(\w+)\}", lambda name: values.get(name[1], ""), word)
            for word in shlex.split(self.command)
        ]


def environment_of(text: str) -> dict[str, str]:
    """The variables of an EnvironmentFile: NAME=value a line, in quotes or bare, `#` begins a comment."""
    pairs = (line.strip().partition("=") for line in text.splitlines() if not line.startswith(("#", ";")))
    return {name: _unquoted(value) for name, _equals, value in pairs if name}


def _unquoted(value: str) -> str:
    return value[1:-1] if len(value) > 1 and value[0] == value[-1] and value[0] in "'\"" else value.strip()


def units_of(folder: Path, target: str) -> Iterator[Unit]:
    """The services that `target` wants, in its order."""
    for name in _wanted(folder, target):
        if name.endswith(".service"):
            yield _service(folder, name.removesuffix(".service"))


def sockets_of(folder: Path, target: str) -> Iterator[tuple[str, str, int]]:
    """(service, address with port, backlog) of each socket that `target` wants."""
    for name in _wanted(folder, target):
        if name.endswith(".socket"):
            values = _section(folder / name, "Socket")
            yield name.removesuffix(".socket"), values["ListenStream"][0], int(values["Backlog"][0])


def _wanted(folder: Path, target: str) -> list[str]:
    return " ".join(_section(folder / target, "Unit").get("Wants", [])).split()


def _service(folder: Path, name: str) -> Unit:
    template, at, instance = name.partition("@")
    settings = _section(folder / f"{template}{at}.service", "Service")
    values = {key: [each.replace("%i", instance) for each in lines] for key, lines in settings.items()}
    (command,) = values["ExecStart"]
    return Unit(
        name=name,
        command=command,
        variables=environment_of("\n".join(shlex.split(" ".join(values.get("Environment", []))))),
        environment_file=Path(values["EnvironmentFile"][0]) if "EnvironmentFile" in values else None,
        state_folders=tuple(values.get("StateDirectory", [""])[0].split()),
        working_directory=values.get("WorkingDirectory", ["/"])[0],
        umask=int(values.get("UMask", ["0022"])[0], 8),
        stop_seconds=float(values.get("TimeoutStopSec", ["90"])[0]),
        first_alone=values.get("KillMode") == ["mixed"],
    )


def _section(path: Path, section: str) -> dict[str, list[str]]:
    """Each key's values in order: a key may stand more than once."""
    values: dict[str, list[str]] = {}
    inside = ""
    for line in map(str.strip, path.read_text(encoding="utf-8").splitlines()):
        if line.startswith("["):
            inside = line.strip("[]")
        elif inside == section and "=" in line and not line.startswith(("#", ";")):
            key, _equals, value = line.partition("=")
            values.setdefault(key, []).append(value)
    return values

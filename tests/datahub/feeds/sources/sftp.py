"""An SFTP server on this machine that serves one folder to one user."""

import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import paramiko

USER = "portal"


@dataclass
class Sftp:
    """`attempts`: the passwords tried. `line`: the server's public key as one line."""

    folder: Path
    password: str
    user_key: paramiko.PKey | None
    key: paramiko.PKey
    port: int = 0
    attempts: list[str] = field(default_factory=list)

    @property
    def address(self) -> str:
        return f"sftp://localhost:{self.port}/out"

    @property
    def line(self) -> str:
        return f"{self.key.get_name()} {self.key.get_base64()}"


@contextmanager
def sftp_server(folder: Path, password: str = "", user_key: paramiko.PKey | None = None) -> Iterator[Sftp]:
    """Lets USER in with `password` or `user_key`; /out is `folder`."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        served = Sftp(folder, password, user_key, paramiko.ECDSAKey.generate(), listener.getsockname()[1])
        transports: list[paramiko.Transport] = []
        threading.Thread(target=_serve, args=(listener, served, transports), daemon=True).start()
        try:
            yield served
        finally:
            for transport in transports:
                transport.close()


def _serve(listener: socket.socket, served: Sftp, transports: list[paramiko.Transport]) -> None:
    with suppress(OSError):
        while True:
            connection, _ = listener.accept()
            transport = paramiko.Transport(connection)
            transport.add_server_key(served.key)
            transport.set_subsystem_handler("sftp", paramiko.SFTPServer, _Files, served)
            transports.append(transport)
            with suppress(paramiko.SSHException, EOFError):
                transport.start_server(server=_Door(served))


class _Door(paramiko.ServerInterface):
    def __init__(self, served: Sftp) -> None:
        self.served = served

    def get_allowed_auths(self, _username: str) -> str:
        return "password,publickey"

    def check_auth_password(self, username: str, password: str) -> int:
        self.served.attempts.append(password)
        return _answer(bool(password) and (username, password) == (USER, self.served.password))

    def check_auth_publickey(self, username: str, key: paramiko.PKey) -> int:
        return _answer(username == USER and key == self.served.user_key)

    def check_channel_request(self, _kind: str, _chanid: int) -> int:
        return paramiko.OPEN_SUCCEEDED


class _Files(paramiko.SFTPServerInterface):
    def __init__(self, server: _Door, served: Sftp) -> None:
        super().__init__(server)
        self.served = served

    def _path(self, path: str) -> Path:
        return self.served.folder / os.path.relpath(self.canonicalize(path), "/out")

    def list_folder(self, path: str) -> list[paramiko.SFTPAttributes] | int:
        if self.canonicalize(path) != "/out":
            return paramiko.SFTP_NO_SUCH_FILE
        return [
            paramiko.SFTPAttributes.from_stat(file.lstat(), file.name)
            for file in self.served.folder.iterdir()
        ]

    def stat(self, path: str) -> paramiko.SFTPAttributes | int:
        return paramiko.SFTPAttributes.from_stat(self._path(path).stat())

    lstat = stat

    def open(self, path: str, flags: int, _attr: object) -> paramiko.SFTPHandle | int:
        if self._path(path).name.startswith("locked"):
            return paramiko.SFTP_PERMISSION_DENIED
        handle = paramiko.SFTPHandle(flags)
        handle.readfile = self._path(path).open("rb")
        return handle


def _answer(is_right: bool) -> int:
    return paramiko.AUTH_SUCCESSFUL if is_right else paramiko.AUTH_FAILED

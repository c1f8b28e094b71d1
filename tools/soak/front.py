"""The front of a soak: web server and nginx that are killed, readers who go on, mail that waits, consents that stop."""

import contextlib
import glob
import os
import shutil
import signal
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import requests
from django.conf import settings

from accounts.mail.sign_in import write_sign_in_mail
from accounts.models import MeterDevice, OutgoingMail
from cdsc_portal.lib.time import clock
from consent.models import Actor, Disclosure
from consent.services.revoke import revoke_grant
from demo.processes import WEB_SERVER
from tests.consent.api.reader import Reader
from tests.factories.accounts import Household, household
from tests.factories.consent import ReceiptFactory
from tools.files import ROOT
from tools.own_postgres import free_port

_READERS = 2
_PATIENCE = 120  # seconds until it answers again
_NGINX = shutil.which("nginx") or "/usr/sbin/nginx"
_SITE = """
pid {folder}/pid; daemon off; worker_processes 1; error_log {folder}/error.log; events {{}}
http {{
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi; access_log off;
  server {{
    listen 127.0.0.1:{front};
    location / {{
      proxy_pass http://127.0.0.1:{web}; proxy_http_version 1.1; proxy_set_header Connection "";
      proxy_set_header Host $http_host; proxy_next_upstream off; proxy_read_timeout 120s;
    }}
  }}
}}
"""


class FrontFailedError(AssertionError):
    """Something that was acknowledged was lost, or something false was said; the message says what."""


@dataclass(slots=True)
class Front:
    """`counted` has what readers got, mails and stops."""

    var_dir: Path
    counted: Counter[str] = field(default_factory=Counter)
    stopped: list[str] = field(default_factory=list)
    mails: int = 0
    wrong: list[str] = field(default_factory=list)
    _web: "subprocess.Popen[bytes] | None" = None
    _nginx: "subprocess.Popen[bytes] | None" = None
    _home: Household | None = None
    _readers: list[threading.Thread] = field(default_factory=list)
    _over: threading.Event = field(default_factory=threading.Event)
    _ports: tuple[int, int] = field(default_factory=lambda: (free_port(), free_port()))

    def prepare(self, meter: MeterDevice) -> None:
        """A customer with this meter of a feed, and readers with tokens of theirs."""
        self._home = household()
        self._home.meter.installations.all().update(meter=meter)
        self.start_web()
        self.start_nginx()
        for _number in range(_READERS):
            token = self._grant().token
            self._readers.append(threading.Thread(target=self._read_on, args=(token,), daemon=True))
        for reader in self._readers:
            reader.start()

    def _grant(self) -> Reader:
        assert self._home is not None
        reader = Reader()
        reader.granted(self._home.contract)
        ReceiptFactory(grant=reader.grant)
        return reader

    def start_web(self) -> None:
        with (self.var_dir / "web.log").open("ab") as log:
            self._web = subprocess.Popen(
                [*WEB_SERVER, "--bind", f"127.0.0.1:{self._ports[0]}"],
                cwd=ROOT, stdout=log, stderr=log, start_new_session=True,
                env={**os.environ, "WEB_PROCESSES": "1", "GRANT_CALLS_PER_MINUTE": "100000"},
            )  # fmt: skip

    def start_nginx(self) -> None:
        folder = self.var_dir / "nginx"
        folder.mkdir(exist_ok=True)
        (folder / "conf").write_text(_SITE.format(folder=folder, web=self._ports[0], front=self._ports[1]))
        self._nginx = subprocess.Popen(
            [_NGINX, "-p", str(folder), "-c", str(folder / "conf"), "-e", str(folder / "start.log")],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip

    def kill_web(self) -> None:
        _kill(self._web)
        self.start_web()

    def kill_nginx(self) -> None:
        _kill(self._nginx)
        self.start_nginx()

    def turn(self) -> None:
        """Between kills: a mail is written, a consent given and stopped; what is stopped stays so."""
        write_sign_in_mail(to=_address(self.mails), subject="Code", text="123456", at=clock.now())
        self.mails += 1
        reader = self._grant()
        self._expect(reader.token, 200)
        assert reader.grant is not None
        revoke_grant(grant=reader.grant, by=None, actor=Actor.LINK, at=clock.now())
        self.stopped.append(reader.token)

    def _expect(self, token: str, status: int) -> None:
        """Ask until somebody answers: while something is down it is 502, 503 or no answer at all, and no data."""
        until = time.monotonic() + _PATIENCE
        answered = 0
        while time.monotonic() < until:
            try:
                answered = requests.get(
                    self._url("usage_sums?by=day"), headers=_bearer(token), timeout=30
                ).status_code
            except requests.RequestException:
                answered = 0
            if answered == status:
                return
            if answered in (200, 401):
                break
            time.sleep(0.2)
        raise FrontFailedError(f"a token was answered {answered} where {status} is due")

    def _read_on(self, token: str) -> None:
        """A long-running reader: the whole file again and again; one with its end must be whole."""
        while not self._over.is_set():
            try:
                answer = requests.get(self._url("usage_data/file"), headers=_bearer(token), timeout=120)
                whole = answer.json() if answer.status_code == 200 else None
            except (requests.RequestException, ValueError):
                self.counted["broken off"] += 1
                time.sleep(0.1)
                continue
            if answer.status_code == 500 and "json" not in answer.headers.get("Content-Type", ""):
                # what gunicorn says of a stream that breaks before its first byte; a fault of ours is answered in JSON
                self.counted["broken off"] += 1
                time.sleep(0.2)
                continue
            if whole is None:
                self.counted["refused for a moment"] += 1
                if answer.status_code not in (429, 502, 503):
                    self.wrong.append(f"a reader was answered {answer.status_code}")
                time.sleep(0.2)
                continue
            self.counted["whole files"] += 1
            values = sum(len(segment["values"]) for segment in whole["data"])
            if values != whole["values"]:
                self.wrong.append(f"a file says {whole['values']} values and has {values}")

    def _url(self, path: str) -> str:
        return f"http://127.0.0.1:{self._ports[1]}/{path}"

    def end(self, *, sweep: Callable[[], object]) -> str:
        """What was counted, in words. Raises FrontFailedError for a lost mail or stop, or a file that is not whole."""
        for token in self.stopped:
            self._expect(token, 401)
        until = time.monotonic() + _PATIENCE
        while OutgoingMail.objects.filter(opens_login=True).exists():
            if time.monotonic() > until:
                raise FrontFailedError("mail waits for ever")
            sweep()
            time.sleep(1)
        sent = "".join(Path(path).read_text() for path in glob.glob(f"{settings.EMAIL_FILE_PATH}/*"))
        lost = [number for number in range(self.mails) if f"To: {_address(number)}\n" not in sent]
        if lost or self.wrong:
            raise FrontFailedError(f"lost mails: {lost}; {self.wrong[:5]}")
        self._over.set()
        for reader in self._readers:
            reader.join(150)
        if not self.counted["whole files"]:
            raise FrontFailedError("no reader got a whole file")
        if Disclosure.objects.count() < self.counted["whole files"]:
            raise FrontFailedError("a file left without a record")
        read = ", ".join(f"{count} {what}" for what, count in sorted(self.counted.items()))
        return f"readers: {read}; {self.mails} mails and {len(self.stopped)} stops, none lost"

    def close(self) -> None:
        self._over.set()
        _kill(self._nginx)
        _kill(self._web)


def _kill(process: "subprocess.Popen[bytes] | None") -> None:
    if process is not None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def _address(number: int) -> str:
    return f"soak-{number}@example.com"

"""What a production is for: the main job over TLS, codes by mail, and processes that are killed meanwhile."""

import contextlib
import io
import itertools
import json
import shutil
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests
from redis import Redis

from demo.browser_session import BrowserSession
from demo.main_job import Walk, require
from demo.sandbox_walk import register_and_fetch
from examples.third_party import ThirdParty
from tools.files import ROOT
from tools.production.machine import READY, Machine
from tools.production.outside import MailServer

_FILL = Path(__file__).with_name("household.py")
_PATIENCE = 150  # seconds
_YEAR = [{"type": "usage_data", "start": "-1mo", "end": "+1y", "services": "all"}]


@dataclass(frozen=True, slots=True)
class Household:
    """The first owner, and two companies that may ask."""

    origin: str
    email: str
    password: str
    parties: list[ThirdParty]

    def logged_in(self) -> BrowserSession:
        browser = BrowserSession(self.origin)
        page = browser.log_in(browser.open("/accounts/login/"), self.email, self.password)
        require(page.status == 200 and page.url.endswith("/my/"), f"no login: {page.words[:300]}")
        return browser

    def granted(self, party: ThirdParty) -> str:
        """A token of a grant that the owner gives now."""
        pending = party.ask(_YEAR)
        browser = BrowserSession(self.origin)
        page = browser.log_in(browser.open(pending.url), self.email, self.password)
        answer = browser.submit(page, page.form_with("decision"), ("decision", "approve"))
        require(answer.left_for is not None, f"approval did not go back: {answer.words[:300]}")
        return str(party.finish(pending, str(answer.left_for))["access_token"])

    def stop_latest(self) -> None:
        """The owner stops the sharing that the list has first."""
        browser = self.logged_in()
        sharing = browser.open("/my/sharing/")
        page = browser.open(sharing.link(lambda address: address.endswith("/stop/")))
        stopped = browser.submit(page, page.form_with("action"), ("action", "stop"))
        require(stopped.status == 200, f"stopping answered {stopped.status}")


def fill(machine: Machine, origin: str, tree: Path = ROOT) -> Household:
    """Customers, readings and companies, brought in on the machine by its own workers. `tree` has the demo's files."""
    folder = machine.root / "household"
    for name in ("demo", "examples"):
        shutil.copytree(tree / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    script = shutil.copy(_FILL, folder / "fill.py")
    printed = machine.python(Path(script), str(machine.folder_of_units("feeds")), path=folder)
    record: dict[str, Any] = json.loads(printed)  # noqa: TID251 - our own
    parties = [ThirdParty(origin, **client) for client in record["clients"]]
    return Household(origin, **record["owner"], parties=parties)


def do_main_job(household: Household) -> None:
    """Asked, narrowed, fetched to the last digit, stopped, refused; and a stranger in the sandbox."""
    with contextlib.redirect_stdout(io.StringIO()):
        Walk(household.parties[0], household.origin, household.email, household.password).run()
        register_and_fetch(household.origin)


def log_in_by_code(household: Household, mail: MailServer) -> None:
    """A code that the worker of the queue `interactive` sends."""
    browser = BrowserSession(household.origin)
    mail.messages.clear()
    page = browser.open("/accounts/login/code/")
    page = browser.submit(page, page.form_with("email"), fill={"email": household.email})
    code = mail.wait_for(r"Subject: .*: (\d{6})", seconds=30)[1]
    page = browser.submit(page, page.form_with("code"), ("action", "verify"), {"code": code})
    require(browser.open("/my/").url.endswith("/my/"), f"the code opened nothing: {page.words[:300]}")


def kill_each(machine: Machine, household: Household, mail: MailServer) -> None:
    """Every process in turn; the server serves on, and each queue is served again."""
    token = household.granted(household.parties[1])
    Redis(host=machine.address, db=1).flushdb()  # signs of life of before
    for name in list(machine.units):
        machine.kill(name)
        until = time.monotonic() + _PATIENCE
        while (status := household.parties[1].get("/usage_sums?by=month", token).status_code) != 200:
            require(status in (502, 504) and time.monotonic() < until, f"{name} was killed: {status}")
            time.sleep(0.2)
    machine.processes.kill("nginx")
    machine.start_nginx()
    log_in_by_code(household, mail)
    wait_for_workers(machine)


def wait_for_workers(machine: Machine) -> None:
    """Until each queue was served: beat sends a sign through each every minute."""
    until, address = time.monotonic() + _PATIENCE, f"http://{machine.address}:8000/health/workers"
    while (answer := requests.get(address, timeout=30)).status_code != 200:
        require(time.monotonic() < until, f"no worker: {answer.text[:300]}")
        machine.processes.check()
        time.sleep(1)


def serve_for_a_while(machine: Machine) -> None:
    """Until the server is up again and has answered calls for some seconds."""
    machine.run(READY)
    time.sleep(5)


@dataclass(slots=True)
class Callers:
    """Calls without a pause, by a token and by a browser, while something is done to the server."""

    token: str
    party: ThirdParty
    browser: BrowserSession
    counted: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    _over: threading.Event = field(default_factory=threading.Event)

    @contextlib.contextmanager
    def calling(self) -> Iterator[None]:
        """Raises StepFailed where a call got no answer, or none that it had before."""
        threads = [threading.Thread(target=self._call, args=(call,)) for call in (self._read, self._open)]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self._over.set()
            for thread in threads:
                thread.join()
        require(
            not self.wrong, f"{len(self.wrong)} of {self.counted.total()} calls went wrong: {self.wrong[:5]}"
        )
        require(min(self.counted["data"], self.counted["page"]) > 10, f"too few calls: {self.counted}")

    def _call(self, call: Any) -> None:
        for number in itertools.count():
            if self._over.is_set() and number:
                return
            began = time.monotonic()
            try:
                status, kind = call()
            except (requests.RequestException, LookupError) as error:
                self.wrong.append(f"after {time.monotonic() - began:.1f} s {type(error).__name__}")
                continue
            self.counted[kind] += 1
            if status != 200:
                self.wrong.append(f"{kind} answered {status}")
            time.sleep(0.15)  # below the limit of a grant's calls a minute

    def _read(self) -> tuple[int, str]:
        return self.party.get("/usage_sums", self.token, by="month").status_code, "data"

    def _open(self) -> tuple[int, str]:
        page = self.browser.open("/my/sharing/")
        return (page.status if page.url.endswith("/my/sharing/") else 401), "page"

"""What an attack does once its server stands: grants of different width, then calls beyond them from some threads."""

import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import date, timedelta
from urllib.parse import parse_qs, quote, urlencode, urlsplit
from zoneinfo import ZoneInfo

import requests
from django.conf import settings
from django.db.models import Exists, OuterRef

from cdsc_portal.lib.time import clock
from consent.models import AccessToken, Disclosure, Grant
from datahub.models import BillStatement
from demo.browser_session import BrowserSession, Page
from demo.installation import Installation
from demo.utility import structure
from examples.third_party import ThirdParty
from tools.attack_oracle import OPENED, Holder, Oracle, Share

_THREADS = 4
_LONGEST = 1800  # seconds for all calls
_TIMEOUT = 60  # seconds for one
_ODD = (
    "", "\x00", "%00", "*", "%", "' OR '1'='1", "../", "\u202e", "\U0001f600", "all,all", ",", "a" * 3000, "null",
)  # fmt: skip
_MOMENTS = (
    "1900-01-01", "2020-01-01", "-10y", "-1y", "-1d", "now", "+1y", "2099-12-31", "2026-02-30", "0", "never",
    "2026-11-01T00:00:00Z", "2026-11-01T00:00:00+14:00", "9999-12-31T23:59:59Z",
)  # fmt: skip
_FORMS = (
    "application/json",
    "text/csv",
    "application/atom+xml",
    "application/xml",
    "*/*",
    "text/html",
    "a/b;q=x",
)
_PATHS = tuple(path for paths in OPENED.values() for path in paths)
_SPOILT: tuple[Callable[[str], str], ...] = (
    lambda path: path + "/",
    lambda path: "/" + path,
    lambda path: path.upper(),
    lambda path: path + "%00",
    lambda path: "/usage_data/.." + path,
    lambda path: path + ";a=1",
    lambda path: path.replace("_", "%5F"),
)
_BAD_TOKENS = ("", "unknown", "null", "a" * 5000, "%00", "e30.e30.", "' OR '1'='1")


@dataclass(frozen=True, slots=True)
class Call:
    """`path` is the address that must be open to `holder` for an answer; `sent` what is really asked for."""

    holder: Holder | None
    path: str
    sent: str
    method: str
    headers: dict[str, str]


@dataclass(slots=True)
class Attack:
    """One attack on the demo: who holds what, what was answered, what is wrong."""

    installation: Installation
    seed: int
    oracle: Oracle = field(init=False)
    holders: list[Holder] = field(default_factory=list)
    statements: list[str] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)
    findings: list[str] = field(default_factory=list)
    made: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        zone = ZoneInfo(settings.TIME_ZONE)
        today = clock.now().astimezone(zone).date()
        self.oracle = Oracle(structure.utility(today, months=self.installation.months), zone)

    @property
    def released(self) -> int:
        return sum(holder.releases for holder in self.holders)

    def prepare(self) -> None:
        """Let customers share, end what is to be over, and collect cursors and tags to be tried by others."""
        self.holders = [self._approved(share) for share in shares(self.oracle.today)]
        self.statements = list(BillStatement.objects.values_list("public_id", flat=True))
        for holder in self.holders:
            for path in (
                path for scope in holder.share.scopes for path in OPENED[scope] if "file" not in path
            ):
                answer = self._party(holder.share).get(path, holder.token)
                answer.raise_for_status()
                holder.etags.append(answer.headers["ETag"])
                query = parse_qs(urlsplit(answer.json()["next"] or "").query)
                holder.cursors += query.get("cursor", [])
            self._end(holder)
        for holder in self.holders:
            holder.before = Disclosure.objects.filter(grant__public_id=holder.grant_id).count()

    def run(self, calls: int) -> None:
        """Make the calls from some threads; halfway a customer stops a grant under them."""
        until = time.monotonic() + _LONGEST
        with ThreadPoolExecutor(_THREADS) as pool:
            workers = [pool.submit(self._calls, n, calls, until) for n in range(_THREADS)]
            while self.made < calls // 2 and not all(worker.done() for worker in workers):
                time.sleep(0.1)
            self._stop(next(holder for holder in self.holders if holder.share.end_by == "stop halfway"))
            for worker in workers:
                worker.result()
        if self.made < calls:
            self.findings.append(f"{self.made} of {calls} calls were made in {_LONGEST} s")

    def compare_disclosures(self) -> None:
        """Each answer that held data is recorded once, and nothing else is; sums of the mix that tell what energy came
        from a source are recorded as usage, too, in the same moment.
        """
        for holder in self.holders:
            made = Disclosure.objects.filter(grant__public_id=holder.grant_id)
            mixes = made.exclude(resource="usage_data").filter(released_at=OuterRef("released_at"))
            recorded = made.exclude(Exists(mixes), resource="usage_data").count() - holder.before
            if recorded != holder.releases:
                self.findings.append(
                    f"{holder.grant_id}: {recorded} disclosures of {holder.releases} answers"
                )

    def _party(self, share: Share) -> ThirdParty:
        return self.installation.third_party(share.place)

    def _approved(self, share: Share) -> Holder:
        """Ask, log in as the customer, untick what is not to be given, approve, exchange."""
        party = self._party(share)
        given = {"services": list(share.services) or "all", "start": f"{share.start}", "end": f"{share.end}"}
        only_end = {"services": given["services"], "end": given["end"]}
        pending = party.ask(
            [{"type": name, **(only_end if name.endswith("_details") else given)} for name in share.scopes]
        )
        browser, page = self._logged_in(share.email, pending.url)
        form = page.form_with("decision")
        unticked = [
            (box.get("name"), box.get("value"))
            for box in form.xpath(".//input[starts-with(@name, 'contract-')][@checked]")
            if share.unticked and share.unticked in box.xpath("string(ancestor::label)")
        ]
        if bool(unticked) != bool(share.unticked):
            raise LookupError(f"no service {share.unticked} to untick")
        answer = browser.submit(
            page, form, ("decision", "approve"), fill={"existing": "both"}, untick=unticked
        )
        if answer.left_for is None:
            raise LookupError(f"approval did not go back: {answer.words[:400]}")
        tokens = party.finish(pending, answer.left_for)
        return Holder(share, str(tokens["grant_id"]), str(tokens["access_token"]), self.oracle.shared(share))

    def _logged_in(self, email: str, address: str) -> tuple[BrowserSession, Page]:
        """A browser of the customer's, at the page it was sent to."""
        (password,) = (user["password"] for user in self.installation.users if user["email"] == email)
        browser = BrowserSession(self.installation.base_url)
        return browser, browser.log_in(browser.open(address), email, password)

    def _end(self, holder: Holder) -> None:
        """As the share says, before the calls. What no call can do, time passing, is written to the rows."""
        how, grant = holder.share.end_by, Grant.objects.filter(public_id=holder.grant_id)
        if how == "stop":
            self._stop(holder)
        elif how == "given back":
            self._party(holder.share).revoke(holder.token)
        elif how == "token expired":
            AccessToken.objects.filter(grant__in=grant).update(expires=clock.now())
        elif how == "grant over":
            grant.update(access_ends=clock.now())
        if how and how != "stop halfway":
            holder.over = time.monotonic()

    def _stop(self, holder: Holder) -> None:
        address = f"/my/sharing/{holder.grant_id}/stop/"
        browser, page = self._logged_in(holder.share.email, address)
        browser.submit(page, page.form_with("action"), ("action", "stop"))
        holder.over = time.monotonic()

    def _calls(self, thread: int, calls: int, until: float) -> None:
        chance = random.Random(f"{self.seed}-{thread}")  # noqa: S311 - attempts, no secrets
        with requests.Session() as session:
            for _ in range(thread, calls, _THREADS):
                if time.monotonic() > until:
                    return
                call = self._chosen(chance)
                began = time.monotonic()
                try:
                    answer = session.request(
                        call.method,
                        self.installation.base_url + call.sent,
                        headers=call.headers,
                        allow_redirects=False,
                        timeout=_TIMEOUT,
                    )
                    finding = self._finding(call, answer, began)
                except requests.RequestException as error:
                    answer, finding = None, f"no whole answer: {error}"
                self._note(call, answer, finding)

    def _note(self, call: Call, answer: requests.Response | None, finding: str | None) -> None:
        with self._lock:
            self.made += 1
            self.statuses[answer.status_code if answer is not None else 0] += 1
            if finding:
                self.findings.append(f"{call.method} {call.sent[:200]}: {finding}")
            if answer is not None and call.holder and call.method == "GET" and answer.status_code == 200:
                call.holder.releases += 1

    def _finding(self, call: Call, answer: requests.Response, began: float) -> str | None:
        if answer.status_code >= 500:
            return f"a fault of the server, {answer.status_code}"
        if answer.status_code not in {200, 206, 304} or call.method in {"HEAD", "OPTIONS"}:
            return None
        if call.holder is None:
            return f"{answer.status_code} without a token of a grant"
        if call.method != "GET":
            return f"{call.method} was answered {answer.status_code}"
        if call.holder.over is not None and began > call.holder.over:
            return f"{answer.status_code} after the end of its grant or token ({call.holder.share.end_by})"
        if answer.status_code == 304:
            return (
                None
                if call.headers["If-None-Match"] in {"*", *call.holder.etags}
                else "304 for a foreign tag"
            )
        kind = answer.headers["Content-Type"]
        return self.oracle.finding(call.holder, call.path, kind, answer.content.decode("utf-8", "replace"))

    def _chosen(self, chance: random.Random) -> Call:
        """A call that asks for too much in some way, or in several."""
        holder: Holder | None = chance.choice(self.holders)
        other = chance.choice(self.holders)
        path = sent = chance.choice(_PATHS)
        if path.startswith("/bill_statements/"):
            sent = f"/bill_statements/{quote(chance.choice([*self.statements, *_ODD]), safe='')}/file"
        query = self._query(chance, holder, other)
        headers = {"Accept": chance.choice(_FORMS) if chance.random() < 0.3 else "application/json"}
        token = holder.token if holder else ""
        method = "GET"
        kind = chance.random()
        if kind < 0.08:
            sent = chance.choice(_SPOILT)(sent)
        elif kind < 0.14:
            token, holder = chance.choice(_BAD_TOKENS), None
        elif kind < 0.18:
            query.append(("access_token", token))
            holder, token = (holder, token) if chance.random() < 0.5 else (None, "")
        elif kind < 0.24:
            headers["If-None-Match"] = chance.choice([*other.etags, "*"])
        elif kind < 0.28:
            method = chance.choice(("HEAD", "POST", "PUT", "DELETE", "OPTIONS"))
        elif kind < 0.30:
            headers["Range"] = "bytes=0-99"
        if token or kind < 0.14:
            headers["Authorization"] = f"Bearer {token}"
        return Call(holder, path, f"{sent}?{urlencode(query)}" if query else sent, method, headers)

    def _query(self, chance: random.Random, holder: Holder | None, other: Holder) -> list[tuple[str, str]]:
        """None, one or several parameters."""
        own = sorted(holder.contracts) if holder else []
        foreign = self.oracle.foreign(holder) if holder else []
        query = []
        if chance.random() < 0.6:
            names = chance.choices([*foreign, *_ODD, *own, *own, "all"], k=chance.randint(1, 3))
            query.append(("services", ",".join(names)))
        if chance.random() < 0.1:
            query.append(("services", chance.choice(foreign)))
        for name in ("start", "end"):
            if chance.random() < 0.25:
                query.append((name, chance.choice(_MOMENTS)))
        if chance.random() < 0.15 and other.cursors:
            cursor = chance.choice(other.cursors)
            query.append(("cursor", cursor if chance.random() < 0.7 else cursor[:-2] + "AA"))
        if chance.random() < 0.1:
            query.append(("by", chance.choice(("day", "month", "year", "hour", "\x00"))))
        if chance.random() < 0.05:
            query.append((chance.choice(("customer", "user", "grant_id", "limit", "format", "\x00")), "1"))
        return query


def shares(today: date) -> list[Share]:
    """Wide and narrow, of each customer to each client; some are over before the calls, one ends halfway."""

    def day(back: int) -> date:
        return today - timedelta(days=back)

    home, moved, chain = structure.OWNER, structure.SECOND_OWNER, structure.CHAIN_OWNER
    usage, later = ("usage_data",), day(-300)
    stores = tuple(f"222222-{number}" for number in (1, 2, 11))
    return [
        Share(home, 0, ("usage_data", "customer_supply_details"), day(40), day(20), unticked="1111111-2"),
        Share(home, 1, tuple(OPENED), day(700), later),
        Share(moved, 0, ("usage_data", "bill_data", "bill_statements"), day(700), later),
        Share(chain, 1, ("usage_data", "generation_mix"), day(80), day(45), services=stores),
        Share(chain, 0, ("usage_data", "bill_data", "customer_distribution_details"), day(700), later),
        Share(moved, 1, ("customer_supply_history",), day(700), day(1)),
        Share(home, 1, usage, day(90), later, end_by="stop halfway"),
        Share(home, 0, usage, day(90), later, end_by="stop"),
        Share(chain, 1, usage, day(90), later, end_by="given back"),
        Share(moved, 0, usage, day(90), later, end_by="token expired"),
        Share(home, 1, usage, day(90), later, end_by="grant over"),
    ]

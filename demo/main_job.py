"""The main job, walked from outside: HTTP and a browser-like session only, each step printed with what it saw.

A third party asks; the customer narrows and approves; the third party fetches exactly that; the customer stops it;
the next call is refused.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

from lxml import html

from demo.browser_session import BrowserSession
from examples.third_party import OAuthError, PendingRequest, ThirdParty

# What the hand-made file holds, computed by hand: 49 hours over the day of 25 hours in autumn, one of them unknown.
HAND_MADE_METER, HAND_MADE_CONTRACT = "55-1044", "1111111-4"
HAND_MADE_READINGS, HAND_MADE_KNOWN = 49, 48
HAND_MADE_WH, HAND_MADE_LONG_DAY_WH = Decimal(37790), Decimal(20320)
LONG_DAY = ("2026-11-01T07:00:00Z", "2026-11-02T08:00:00Z")  # 25 hours in Pacific Time

AUTHORIZATION_DETAILS: list[dict[str, Any]] = [
    {"type": "usage_data", "start": "2026-10-31", "end": "+1y", "services": "all"},
    {"type": "bill_data", "start": "-3y", "end": "+1y", "services": "all"},
    {"type": "supply_details", "end": "+1y", "services": "all"},
]
DROPPED, KEPT, LEFT_OUT = "bill_data", "1111111-1", "1111111-2"
SHORTENED_TO = "2026-11-01"
# what else makes the demo look used, asked for and approved from outside too
IN_USE: list[dict[str, Any]] = [
    {"type": "usage_data", "start": "-6mo", "end": "+6mo", "services": "all"},
    {"type": "customer_distribution_details", "end": "+6mo", "services": "all"},
]
WAITING: list[dict[str, Any]] = [
    {"type": "usage_data", "start": "-3y", "end": "+3y", "services": "all"},
    {"type": "generation_mix", "start": "-30d", "end": "now", "services": "all"},
]


class StepFailed(AssertionError):
    """The main job did not hold; the message says where."""


@dataclass(slots=True)
class Walk:
    """One walk through the main job. `say` lines are what a person reads."""

    party: ThirdParty
    base_url: str
    email: str
    password: str
    browser: BrowserSession = field(init=False)
    steps: int = 0

    def __post_init__(self) -> None:
        self.browser = BrowserSession(self.base_url)

    def run(self) -> None:
        """All of it. Raises StepFailed, OAuthError or LookupError where it does not hold."""
        pending = self.ask()
        returned = self.narrow_and_approve(pending)
        tokens = self.exchange(pending, returned)
        self.fetch(tokens)
        self.stop()
        self.refused(tokens)

    def ask(self) -> PendingRequest:
        metadata = self.party.discover()
        self.say(
            "discovered", f"{metadata['issuer']} offers {len(list(metadata['scopes_supported']))} scopes"
        )
        pending = self.party.ask(AUTHORIZATION_DETAILS)
        self.say("asked", "; ".join(_in_words(part) for part in AUTHORIZATION_DETAILS))
        return pending

    def narrow_and_approve(self, pending: PendingRequest) -> str:
        """Sign in, drop one scope and one contract, shorten one period, share the rest; where the browser was sent."""
        page = self.browser.log_in(self.browser.open(pending.url), self.email, self.password)
        require(page.status == 200, f"the request page answered {page.status}")
        form = page.form_with("decision")
        dropped = _ticked(form, f"share-{DROPPED}")
        services = [box for box in _ticked(form, "contract-") if LEFT_OUT in _label(form, box)]
        require(bool(dropped) and bool(services), "the page offers no way to narrow the request")
        start = form.xpath(".//input[starts-with(@name, 'start-usage_data')]/@name")[0]
        unticked = [(box.get("name"), box.get("value", "on")) for box in [*dropped, *services]]
        references = page.document.xpath(
            "//*[contains(@class, 'reference')]//bdi/text() | //bdi[@class='reference']/text()"
        )
        reference, kinds = (references or [urlsplit(page.url).path])[0], len(_ticked(form, "share-"))
        self.say("read", f"request {reference}: {kinds} kinds of data, all ticked as asked")
        answer = self.browser.submit(
            page, form, ("decision", "approve"), fill={start: SHORTENED_TO}, untick=unticked
        )
        require(answer.left_for is not None, f"approval did not go back: {answer.words[:400]}")
        self.say(
            "narrowed", f"no {DROPPED}, not service {LEFT_OUT}, usage only from {SHORTENED_TO}; approved"
        )
        return str(answer.left_for)

    def exchange(self, pending: PendingRequest, returned: str) -> Mapping[str, Any]:
        tokens = self.party.finish(pending, returned)
        require(DROPPED not in str(tokens["scope"]).split(), "the token has a scope the customer dropped")
        granted = "; ".join(_in_words(part) for part in tokens["authorization_details"])
        self.say("granted", granted)
        active = self.party.introspect(str(tokens["access_token"]))
        require(active.get("active") is True, "a fresh token is not active")
        return tokens

    def fetch(self, tokens: Mapping[str, Any]) -> None:
        """Exactly what was approved: scope, services, period, and the hand-made sums to the last digit."""
        token = str(tokens["access_token"])
        segments = self.party.get_all("/usage_data", token)
        contracts = {str(segment["contract_number"]) for segment in segments}
        require(KEPT in contracts and LEFT_OUT not in contracts, f"usage came for {sorted(contracts)}")
        first = min(_instant(segment["start"]) for segment in segments)
        require(first >= _instant(LONG_DAY[0]), f"usage starts at {first}, before what was shared")
        values = sum(len(list(segment["values"])) for segment in segments)
        self.say("fetched", f"{values} readings of {len(contracts)} services, none before {SHORTENED_TO}")
        mine = self.party.get_all(
            "/usage_data", token, services=HAND_MADE_CONTRACT, start=LONG_DAY[0], end=LONG_DAY[1]
        )
        hand_made = [segment for segment in mine if segment["meter_number"] == HAND_MADE_METER]
        total = sum(
            Decimal(value) for segment in hand_made for value in segment["values"] if value is not None
        )
        require(
            total == HAND_MADE_LONG_DAY_WH, f"the 25-hour day sums to {total} Wh, not {HAND_MADE_LONG_DAY_WH}"
        )
        self.say(
            "checked", f"meter {HAND_MADE_METER} on the day with 25 hours: {total} Wh, as worked out by hand"
        )
        supply = self.party.get_all("/supply_details", token)
        self.say("fetched", f"supplier {supply[0]['supplier']}, tariff {supply[0]['tariff_name']}")
        refused = self.party.get("/bill_data", token).status_code
        require(refused == 403, f"bill data, which was dropped, answered {refused}")
        self.say("refused", f"bill data was not shared: {refused}")

    def stop(self) -> None:
        """Two clicks: from the sharing list to the confirmation, and its button."""
        sharing = self.browser.open("/my/sharing/")
        confirmation = self.browser.open(sharing.link(lambda address: address.endswith("/stop/")))
        stopped = self.browser.submit(confirmation, confirmation.form_with("action"), ("action", "stop"))
        require(stopped.status == 200, f"stopping answered {stopped.status}")
        self.say("stopped", "the customer stopped sharing in two clicks")

    def refused(self, tokens: Mapping[str, Any]) -> None:
        status = self.party.get("/usage_data", str(tokens["access_token"])).status_code
        require(status == 401, f"after the stop, usage answered {status}")
        require(self.party.introspect(str(tokens["access_token"])) == {"active": False}, "the token lives on")
        if "refresh_token" in tokens:
            try:
                self.party.refresh(str(tokens["refresh_token"]))
            except OAuthError:
                pass
            else:
                raise StepFailed("a refresh token outlived the stop")
        self.say("refused", f"the next call answered {status}; token and refresh token are dead")

    def say(self, what: str, detail: str) -> None:
        self.steps += 1
        print(f"  {self.steps:2}. {what:10} {detail}", flush=True)


def require(holds: bool, otherwise: str) -> None:
    """Raise StepFailed with `otherwise` unless it holds."""
    if not holds:
        raise StepFailed(otherwise)


def grant_in_use(party: ThirdParty, base_url: str, email: str, password: str) -> None:
    """Ask, approve as asked, and read each resource once."""
    pending = party.ask(IN_USE)
    browser = BrowserSession(base_url)
    page = browser.log_in(browser.open(pending.url), email, password)
    answer = browser.submit(page, page.form_with("decision"), ("decision", "approve"))
    require(answer.left_for is not None, f"approval did not go back: {answer.words[:400]}")
    token = str(party.finish(pending, str(answer.left_for))["access_token"])
    for path in ("/distribution_details", "/usage_data"):
        party.get(path, token).raise_for_status()


def waiting_request(party: ThirdParty, base_url: str, email: str, password: str) -> None:
    """Ask, and leave the page open: the customer has not decided."""
    browser = BrowserSession(base_url)
    browser.log_in(browser.open(party.ask(WAITING).url), email, password)


def _ticked(form: html.FormElement, name: str) -> list[html.HtmlElement]:
    return list(form.xpath(".//input[@type='checkbox'][@checked][starts-with(@name, $name)]", name=name))


def _label(form: html.FormElement, box: html.HtmlElement) -> str:
    labels = form.xpath(".//label[@for=$id]", id=box.get("id", "")) or box.xpath("ancestor::label")
    return str(labels[0].text_content()) if labels else ""


def _in_words(part: Mapping[str, Any]) -> str:
    period = " to ".join(str(part[edge]) for edge in ("start", "end") if part.get(edge))
    return f"{part['type']} {period} for {part.get('services', 'none')}"


def _instant(text: object) -> datetime:
    return datetime.fromisoformat(str(text))

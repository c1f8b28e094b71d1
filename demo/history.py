"""What makes the demo look lived in, done from outside like everything else: a grant in use, a request that waits."""

from typing import Any

from demo.browser_session import BrowserSession
from demo.main_job import require
from examples.third_party import ThirdParty

IN_USE: list[dict[str, Any]] = [
    {"type": "usage_data", "start": "-6mo", "end": "+6mo", "services": "all"},
    {"type": "customer_distribution_details", "end": "+6mo", "services": "all"},
]
WAITING: list[dict[str, Any]] = [
    {"type": "usage_data", "start": "-3y", "end": "+3y", "services": "all"},
    {"type": "generation_mix", "start": "-30d", "end": "now", "services": "all"},
]


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

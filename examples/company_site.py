"""The web site of an invented company: it asks for data, says what it got, and draws it.

    python -m examples.company_site --issuer http://localhost:8000 --client-id ID --port 8001

with the client's secret in CLIENT_SECRET. Who declines is told that this is fine.
"""

import argparse
import html
import json
import os
import secrets
from collections import defaultdict
from collections.abc import Mapping, Sequence
from decimal import Decimal
from http import HTTPStatus
from http.cookies import SimpleCookie
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import requests

from examples.third_party import OAuthError, PendingRequest, ThirdParty

AUTHORIZATION_DETAILS: list[dict[str, Any]] = [
    {"type": "usage_data", "start": "-1y", "end": "+1y", "services": "all"},
    {"type": "bill_data", "start": "-1y", "end": "+1y", "services": "all"},
    {"type": "supply_details", "end": "+1y", "services": "all"},
]
IN_WORDS = {"usage_data": "Meter readings", "bill_data": "Bills", "supply_details": "Supplier and tariff"}
FRAME = Path(__file__).with_name("company_site.html").read_text(encoding="utf-8")
WELCOME = """<section class="hero"><p class="over">Solar for homes in the valley</p>
<h1>How much sun fits your roof?</h1>
<p>Connect your utility and we size panels and battery from what you really use, hour by hour. It takes a minute, and
you decide what we may see.</p><p><a class="go" href="/connect">Connect my utility</a></p></section>
<section class="three">
<div><h2>1. You choose</h2><p>Your utility shows what we ask for. Untick what you like.</p></div>
<div><h2>2. We compute</h2><p>Readings of a year say when you use energy, so nothing is guessed.</p></div>
<div><h2>3. You stop it</h2><p>Any time. A word from you, and we delete what we have.</p></div></section>"""
DECLINED = """<section class="hero"><h1>You chose not to share</h1><p>That is fine. We got nothing from your utility.
We can still make an offer from your last bill: call us on 1-555-0177.</p>
<p><a class="go" href="/connect">Ask again</a> <a href="/">Back to the start</a></p></section>"""


class ConnectPages(BaseHTTPRequestHandler):
    """The pages: `/`, `/connect`, `/callback`, `/data`."""

    party: ThirdParty
    pending: dict[str, PendingRequest] = {}
    sessions: dict[str, dict[str, Any]] = {}

    def do_GET(self) -> None:  # noqa: N802 - the name is http.server's
        route = {"/": self.home, "/connect": self.connect, "/callback": self.callback, "/data": self.data}
        page = route.get(urlsplit(self.path).path)
        try:
            page() if page else self._page("Not found", "<h1>No such page</h1>", HTTPStatus.NOT_FOUND)
        except (OAuthError, requests.RequestException) as error:
            body = (
                f'<h1>It did not work</h1><p>{html.escape(str(error))}</p><p><a href="/">Start again</a></p>'
            )
            self._page("It did not work", body, HTTPStatus.BAD_GATEWAY)

    def home(self) -> None:
        self._page("Solar for your roof", WELCOME)

    def connect(self) -> None:
        pending = self.party.ask(AUTHORIZATION_DETAILS)
        self.pending[pending.state] = pending
        self._redirect(pending.url)

    def callback(self) -> None:
        answer = parse_qs(urlsplit(self.path).query)
        pending = self.pending.pop(answer.get("state", [""])[0], None)
        if pending is None:
            raise OAuthError("we did not ask this, or it was answered already")
        if answer.get("error") == ["access_denied"]:
            self._page("You chose not to share", DECLINED)
            return
        tokens = self.party.finish(pending, self.path)
        session = secrets.token_urlsafe(16)
        self.sessions[session] = tokens
        self._redirect("/data", cookie=f"third_party={session}; HttpOnly; SameSite=Lax; Path=/")

    def data(self) -> None:
        sent = SimpleCookie(self.headers.get("Cookie", "")).get("third_party")
        tokens = self.sessions.get(sent.value) if sent else None
        if tokens is None:
            raise OAuthError("no such session; it ended when this page was restarted")
        token, granted = str(tokens["access_token"]), str(tokens["scope"]).split()
        blocks = [f"<h1>What you shared with us</h1><p>{html.escape(in_words(granted))}</p>"]
        if "usage_data" in granted:
            sums = self.party.get("/usage_sums", token, by="month")
            blocks.append(drawn(sums.json()["data"]) if sums.ok else refused("Meter readings", sums))
        for name in granted:
            answer = self.party.get(f"/{name.removeprefix('customer_')}", token)
            body = f"<pre>{html.escape(answer.text[:3000])}</pre>" if answer.ok else refused(name, answer)
            blocks.append(
                f"<details><summary>{html.escape(name)}: {answer.status_code}</summary>{body}</details>"
            )
        details = html.escape(json.dumps(tokens["authorization_details"], indent=2))
        blocks.append(f"<details><summary>The grant, as we got it</summary><pre>{details}</pre></details>")
        self._page("What you shared", "".join(blocks))

    def _page(self, title: str, body: str, status: HTTPStatus = HTTPStatus.OK) -> None:
        content = FRAME.replace("{title}", html.escape(title)).replace("{body}", body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Cache-Control", "no-store")
        self.send_header("Referrer-Policy", "no-referrer")
        self.end_headers()
        self.wfile.write(content)

    def _redirect(self, target: str, cookie: str = "") -> None:
        self.send_response(HTTPStatus.SEE_OTHER)
        if cookie:
            self.send_header("Set-Cookie", cookie)
        self.send_header("Location", target)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: request lines hold codes."""


def in_words(granted: Sequence[str]) -> str:
    """`Meter readings, Bills`, and what was kept back."""
    wanted = [str(detail["type"]) for detail in AUTHORIZATION_DETAILS]
    kept = [IN_WORDS[name] for name in wanted if name not in granted]
    shared = ", ".join(IN_WORDS.get(name, name) for name in granted)
    return f"{shared}. You kept back: {', '.join(kept)}." if kept else f"{shared}: all that we asked for."


def drawn(channels: Sequence[Mapping[str, Any]]) -> str:
    """Bars of what was used, month by month, one chart a unit: the sum of each channel's `counted`."""
    used: dict[str, dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    for channel in channels:
        for period in channel["periods"]:
            if channel["direction"] == "import" and period["counted"] is not None:
                used[channel["unit"]][period["period"]] += Decimal(period["counted"])
    return "".join(chart(unit, months) for unit, months in sorted(used.items()))


def chart(unit: str, months: Mapping[str, Decimal]) -> str:
    """One drawing; Wh are shown as kWh."""
    shown = {month: value / 1000 if unit == "Wh" else value for month, value in sorted(months.items())[-13:]}
    unit = "kWh" if unit == "Wh" else unit
    highest = max(shown.values(), default=Decimal(0)) or Decimal(1)
    bars = []
    for place, (month, value) in enumerate(shown.items()):
        height = float(value / highest) * 150
        x = 10 + place * 48
        bars.append(
            f'<rect x="{x}" y="{170 - height:.1f}" width="34" height="{height:.1f}" rx="4"></rect>'
            f'<text x="{x + 17}" y="{162 - height:.1f}">{value:,.0f}</text>'
            f'<text x="{x + 17}" y="190">{html.escape(month[2:].replace("-", "/"))}</text>'
        )
    title = f"{sum(shown.values()):,.0f} {html.escape(unit)} in {len(shown)} months"
    width = 20 + 48 * max(len(shown), 1)
    return f'<h2>{title}</h2><svg viewBox="0 0 {width} 200" role="img" aria-label="{title}">{"".join(bars)}</svg>'


def refused(name: str, answer: requests.Response) -> str:
    """What a refused call means to the customer."""
    return f"<p><strong>{html.escape(name)}</strong>: your utility gives us nothing any more. {answer.status_code}</p>"


def main() -> None:
    options = argparse.ArgumentParser(description="The demo's company.")
    options.add_argument("--issuer", required=True)
    options.add_argument("--client-id", required=True)
    options.add_argument("--port", type=int, default=8001)
    chosen = options.parse_args()
    ConnectPages.party = ThirdParty(
        issuer=chosen.issuer,
        client_id=chosen.client_id,
        client_secret=os.environ["CLIENT_SECRET"],
        redirect_uri=f"http://127.0.0.1:{chosen.port}/callback",
    )
    ThreadingHTTPServer(("127.0.0.1", chosen.port), ConnectPages).serve_forever()


if __name__ == "__main__":
    main()

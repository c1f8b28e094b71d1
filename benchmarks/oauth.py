"""Calls of a client that proves who it is, beside a gated view that sends as many bytes as they answer."""

import base64
import statistics
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from urllib.parse import urlencode

from django.test import Client as Http

from accounts.models import User
from benchmarks import many, server
from benchmarks.measure import Figure, at_least
from tests.consent.oauth.third_party import FORM, VERIFIER, ThirdParty
from tests.factories.chain import chain
from tests.factories.consent import ClientFactory, GrantFactory

_ROUNDS, _CALLS = 7, 40  # the first round is not counted


@dataclass(frozen=True, slots=True)
class Company:
    """A third party with a token, and the customer whose grants its codes are of."""

    third_party: ThirdParty
    token: str
    owner: User

    @property
    def headers(self) -> dict[str, str]:
        pair = f"{self.third_party.client.client_id}:{self.third_party.secret}".encode()
        return {"Authorization": f"Basic {base64.b64encode(pair).decode()}", "Content-Type": FORM}

    def exchange(self) -> str:
        """The body of an exchange, of a grant of its own, since a code works once."""
        grant = GrantFactory(client=self.third_party.client, user=self.owner)
        code, redirect_uri = self.third_party.code_for(grant), self.third_party.redirect_uri
        sent = {"grant_type": "authorization_code", "code": code, "code_verifier": VERIFIER}
        return urlencode({**sent, "redirect_uri": redirect_uri})

    def refresh(self) -> str:
        """The body of a refresh, of tokens that were just given, since a refresh token works once."""
        tokens = self.third_party.tokens_for(GrantFactory(client=self.third_party.client, user=self.owner))
        return urlencode({"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]})

    def introspection(self) -> str:
        return urlencode({"token": self.token})

    def push(self) -> str:
        return urlencode(self.third_party.request())


def company(prefix: str = "OAUTH-") -> Company:
    stores = chain(stores=1, prefix=prefix)
    third_party = ThirdParty(ClientFactory())
    token = many.token_for(stores, stores.contracts, ["usage_data"], third_party.client)
    return Company(third_party, token, stores.owner)


def figures() -> Iterator[Figure]:
    """Over HTTP, each at least 0.3 of the yardstick's calls in the same time."""
    ours = company()
    calls: dict[str, tuple[str, Callable[[], str]]] = {
        "token (a code)": ("/oauth/token/", ours.exchange),
        "refresh": ("/oauth/token/", ours.refresh),
        "introspection": ("/oauth/introspect/", ours.introspection),
        "push": ("/oauth/par/", ours.push),
    }
    with server.running() as port:
        for name, (path, body) in calls.items():
            size = answer_size(ours, path, body())
            value, yardstick = _seconds_a_call(port, ours, path, body, size)
            yield at_least(f"{name} over HTTP / {size} ready bytes", "calls/s", 1 / value, 1 / yardstick, 0.3)


def answer_size(ours: Company, path: str, body: str) -> int:
    """Bytes of one answer, in process."""
    answer = Http(headers={"Authorization": ours.headers["Authorization"]}).post(
        path, body, content_type=FORM
    )
    if answer.status_code not in (200, 201):
        raise RuntimeError(f"{path} answered {answer.status_code}: {answer.content[:300]!r}")
    return len(answer.content)


def _seconds_a_call(
    port: int, ours: Company, path: str, body: Callable[[], str], size: int
) -> tuple[float, float]:
    """Seconds a call of `path`, and of the yardstick, in turn: the median of the rounds."""
    status, bearer = 201 if path == "/oauth/par/" else 200, {"Authorization": f"Bearer {ours.token}"}
    times: list[list[float]] = [[], []]
    for _ in range(_ROUNDS):
        bodies = [body() for _ in range(_CALLS)]
        times[0].append(
            server.seconds_a_call(port, path, ours.headers, status=status, calls=_CALLS, bodies=bodies)
        )
        times[1].append(server.seconds_a_call(port, f"/gated?size={size}", bearer, status=200, calls=_CALLS))
    value, yardstick = (statistics.median(taken[1:]) for taken in times)
    return value, yardstick

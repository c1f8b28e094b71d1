"""How often somebody may call, and guess, from one address. Whatever strangers do, a right secret goes through.

Three counts in a minute (docs/decisions/0029): calls of a client that proved who it is; calls that only claim a client,
as those of browsers and public clients do; failed proofs, which keep nobody out who has the right secret.
"""

from datetime import datetime

from django.conf import settings
from django.http import HttpRequest

from cdsc_portal.lib.http.call_limits import seconds_until_allowed
from consent.api.gated import remote_address
from consent.models import Client

CLIENTS_OF_AN_ADDRESS = 5  # an address may fail for so many clients as often as for one
SLOW_CHECKS_OF_AN_ADDRESS = 3  # each takes a third of a second of processor
SLOW_CHECKS = 30  # of the whole server: a fifth of one processor


class TooManyCalls(Exception):  # noqa: N818 - what the caller did
    """The caller may try again after `wait` seconds."""

    def __init__(self, wait: int) -> None:
        super().__init__(f"Too many calls; try again in {wait} s.")
        self.wait = wait


def count_claimed_call(request: HttpRequest, client_id: str, *, at: datetime) -> None:
    """Count a call that names a client and proves nothing. Raises TooManyCalls beyond OAUTH_CALLS_PER_MINUTE."""
    _count(f"claimed {_place(request)} {client_id}", limit=settings.OAUTH_CALLS_PER_MINUTE, at=at)


def count_proven_call(request: HttpRequest, client: Client, *, at: datetime) -> None:
    """Count a call of a client that proved who it is; nobody else can use these up. Raises TooManyCalls."""
    _count(f"proven {_place(request)} {client.pk}", limit=settings.OAUTH_CALLS_PER_MINUTE, at=at)


def count_failure(request: HttpRequest, client_id: str, *, at: datetime) -> None:
    """Count a secret that is none of the client's, at its address and there for the client it names.

    Raises TooManyCalls beyond OAUTH_FAILURES_PER_MINUTE for one client, and five times as many for all together.
    """
    address, limit = remote_address(request), settings.OAUTH_FAILURES_PER_MINUTE
    _count(f"failed {address}", limit=CLIENTS_OF_AN_ADDRESS * limit, at=at)
    _count(f"failed {address} {client_id}", limit=limit, at=at)


def count_slow_check(request: HttpRequest, *, at: datetime) -> None:
    """Count a check by the slow hash before it is made. Raises TooManyCalls: the address or the server made enough."""
    _count(f"slow {remote_address(request)}", limit=SLOW_CHECKS_OF_AN_ADDRESS, at=at)
    _count("slow", limit=SLOW_CHECKS, at=at)


def _place(request: HttpRequest) -> str:
    endpoint = request.path.rstrip("/")  # it answers with and without
    return f"{endpoint} {remote_address(request)}"


def _count(caller: str, *, limit: int, at: datetime) -> None:
    if wait := seconds_until_allowed(f"oauth {caller}", limit=limit, at=at):
        raise TooManyCalls(wait)

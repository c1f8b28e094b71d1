"""What every answer says beside its data, as `EnvelopeShape` describes it: window, services, notices, the next page."""

import hashlib
from functools import lru_cache
from typing import Any

import orjson
from django.conf import settings
from rest_framework.request import Request

from cdsc_portal.lib.http.paging import Cursor, Position, write_cursor
from cdsc_portal.lib.json.encoder import instant
from cdsc_portal.lib.runtime.release import code_digest
from cdsc_portal.lib.secrets.sealed import digest
from cdsc_portal.lib.time.ranges import Span
from datahub.answers.coverage import Coverage
from datahub.answers.page import NOTHING_LOADED, Page, Status
from datahub.resources.base import Resource, ResourceQuery

NOTICES = {
    "window_cut": "The period asked for reaches beyond what was granted and was cut to it.",
    "window_outside": "Nothing of the period asked for was granted.",
    "service_not_shared": "A service asked for is not part of this grant.",
    "no_period": "This resource speaks of the present: start and end change nothing.",
    "withheld": "Some amounts or files cover services that were not shared; each item names what is withheld.",
}
Members = dict[str, Any]


def envelope(
    resource: Resource, covered: Coverage, page: Page[object], query: ResourceQuery, *, following: str | None
) -> Members:
    """The members of an answer but its data, in their order; `following` is the address of the next page."""
    services: list[Members] = []
    for contract in covered.contracts:
        standing = page.standings.get(contract.key, NOTHING_LOADED)
        services.append(
            {
                "contract_number": contract.contract_number,
                "service_type": contract.commodity or None,
                "status": standing.status if contract.spans else Status.NONE,
                "windows": contract.spans,
                "verified": contract.not_after_window(standing.synced),
                "loaded_until": contract.not_after_window(standing.loaded_until),
            }
        )
    services += [
        {
            "contract_number": number,
            "service_type": None,
            "status": Status.NOT_SHARED,
            "windows": [],
            "verified": None,
            "loaded_until": None,
        }
        for number in covered.not_shared
    ]
    notices = {
        "window_cut": covered.cut and not covered.outside,
        "window_outside": covered.outside,
        "service_not_shared": bool(covered.not_shared),
        "no_period": resource.is_of_present and query.names_period,
        "withheld": page.withholds,
    }
    return {
        "resource": resource.name,
        "time_zone": settings.TIME_ZONE,
        "window": covered.window,
        "services": services,
        "notices": [{"code": code, "detail": NOTICES[code]} for code, applies in notices.items() if applies],
        "next": following,
    }


def envelope_headers(members: Members) -> dict[str, str]:
    """The same for an answer that has no room for them (CSV)."""
    window: Span = members["window"]
    statuses = [line["status"] for line in members["services"]]
    headers = {
        "CDSC-Window": "/".join(instant(side) if side else "" for side in (window.start, window.end)),
        "CDSC-Time-Zone": members["time_zone"],
        "CDSC-Services": ", ".join(
            f"{status}={statuses.count(status)}" for status in Status if status in statuses
        ),
        "CDSC-Notices": ", ".join(notice["code"] for notice in members["notices"]),
    }
    return {**headers, "Link": f'<{members["next"]}>; rel="next"'} if members["next"] else headers


def next_address(request: Request, query: ResourceQuery, resume: Position) -> str:
    """The same address with a cursor for where the next page begins."""
    following = request.GET.copy()
    following["cursor"] = write_cursor(Cursor(query.window, resume), purpose=query.purpose)
    return f"{settings.PUBLIC_URL}{request.path}?{following.urlencode()}"


def etag_of_facts(request: Request, query: ResourceQuery, *facts: object) -> str:
    """A strong tag of all that decides what will be said: plain values, instants, frozen classes and lists of them.

    The address of the next page is among it, wherever the page ends, and so the key that signs cursors.
    """
    address = (settings.PUBLIC_URL, query.purpose, request.GET.urlencode(), query.window, query.after)
    known = (code_digest(), settings.TIME_ZONE, address, _key_mark(settings.SECRET_KEY), *facts)
    return f'"{hashlib.blake2b(orjson.dumps(known), digest_size=16).hexdigest()}"'


@lru_cache(maxsize=2)
def _key_mark(_key: str) -> str:
    return digest("", purpose="cursors")

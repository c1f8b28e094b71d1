"""What every answer says beside its data: window, services, notices, the next page."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.http import QueryDict

from cdsc_portal.lib.http.paging import Cursor, Position, write_cursor
from cdsc_portal.lib.json.encoder import instant
from cdsc_portal.lib.secrets.sealed import digest
from cdsc_portal.lib.time.ranges import Span
from datahub.answers.coverage import Coverage
from datahub.answers.page import NOTHING_LOADED, Page, Status
from datahub.api.founding.resource_query import cursor_purpose
from datahub.resources.base import ResourceQuery

NOTICES = {
    "window_cut": "The period asked for reaches beyond what was granted and was cut to it.",
    "window_outside": "Nothing of the period asked for was granted.",
    "service_not_shared": "A service asked for is not part of this grant.",
    "no_period": "This resource speaks of the present: start and end change nothing.",
    "withheld": "Some amounts or files cover services that were not shared; each item names what is withheld.",
}


@dataclass(frozen=True, slots=True)
class ServiceLine:
    """How the answer stands for one service."""

    contract_number: str
    service_type: str | None
    status: str
    windows: Sequence[Span]
    verified: datetime | None
    loaded_until: datetime | None


@dataclass(frozen=True, slots=True)
class Notice:
    code: str
    detail: str


@dataclass(frozen=True, slots=True)
class Envelope:
    """The members of an answer, in their order on the wire. `resource` is what its address is called."""

    resource: str
    window: Span
    services: Sequence[ServiceLine]
    notices: Sequence[Notice]
    data: Sequence[object]
    next: str | None

    @property
    def time_zone(self) -> str:
        """In which dates, days and offsets count; an IANA name."""
        return str(settings.TIME_ZONE)

    @property
    def members(self) -> dict[str, object]:
        """All but the data, as `EnvelopeShape` describes them."""
        return {
            "resource": self.resource,
            "time_zone": self.time_zone,
            "window": window_members(self.window),
            "services": [
                {
                    "contract_number": line.contract_number,
                    "service_type": line.service_type or None,
                    "status": line.status,
                    "windows": [window_members(span) for span in line.windows],
                    "verified": _instant(line.verified),
                    "loaded_until": _instant(line.loaded_until),
                }
                for line in self.services
            ],
            "notices": [{"code": notice.code, "detail": notice.detail} for notice in self.notices],
            "next": self.next,
        }

    @property
    def headers(self) -> dict[str, str]:
        """The same for an answer that has no room for them (CSV)."""
        sides = (instant(side) if side else "" for side in (self.window.start, self.window.end))
        counts = {status: sum(line.status == status for line in self.services) for status in Status}
        headers = {
            "CDSC-Window": "/".join(sides),
            "CDSC-Time-Zone": self.time_zone,
            "CDSC-Services": ", ".join(f"{status}={count}" for status, count in counts.items() if count),
            "CDSC-Notices": ", ".join(notice.code for notice in self.notices),
        }
        return {**headers, "Link": f'<{self.next}>; rel="next"'} if self.next else headers


def envelope(
    resource: str,
    covered: Coverage,
    page: Page[object],
    query: ResourceQuery,
    *,
    is_of_present: bool,
    following: str | None,
) -> Envelope:
    """Put an answer together; `following` is the address of the next page."""
    services = []
    for contract in covered.contracts:
        standing = page.standings.get(contract.key, NOTHING_LOADED)
        line = ServiceLine(
            contract_number=contract.contract_number,
            service_type=contract.commodity,
            status=str(standing.status if contract.spans else Status.NONE),
            windows=contract.spans,
            verified=contract.not_after_window(standing.synced),
            loaded_until=contract.not_after_window(standing.loaded_until),
        )
        services.append(line)
    services += [
        ServiceLine(number, None, str(Status.NOT_SHARED), (), None, None) for number in covered.not_shared
    ]
    codes = [
        ("window_cut", covered.cut and not covered.outside),
        ("window_outside", covered.outside),
        ("service_not_shared", bool(covered.not_shared)),
        ("no_period", is_of_present and query.names_period),
        ("withheld", page.withholds),
    ]
    return Envelope(
        resource=resource,
        window=covered.window,
        services=services,
        notices=[Notice(code, NOTICES[code]) for code, applies in codes if applies],
        data=page.items,
        next=following,
    )


def next_address(
    path: str, parameters: QueryDict, resume: Position | None, query: ResourceQuery, *, purpose: str
) -> str | None:
    """The same address with a cursor for where the next page begins, or None after the last."""
    if resume is None:
        return None
    following = parameters.copy()
    cursor = Cursor(query.window, resume)
    following["cursor"] = write_cursor(cursor, purpose=cursor_purpose(purpose, parameters))
    return f"{settings.PUBLIC_URL}{path}?{following.urlencode()}"


def next_page_facts(parameters: QueryDict, query: ResourceQuery, *, purpose: str) -> list[object]:
    """What decides `next_address`, for a tag, wherever the page ends: the key that signs cursors, too."""
    key = digest("", purpose="cursors")
    return [settings.PUBLIC_URL, purpose, parameters.urlencode(), query.window, query.after, key]


def window_members(span: Span) -> dict[str, str | None]:
    """A window as answers write it; null on a side = unbounded."""
    return {"start": _instant(span.start), "end": _instant(span.end)}


def _instant(moment: datetime | None) -> str | None:
    return instant(moment) if moment else None

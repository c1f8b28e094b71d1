"""What is offered now, with its limits: the document shows it, and requests are held to it."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from django.db.models import Prefetch, QuerySet

from cdsc_portal.lib.db.prepared import prepared_cursor
from cdsc_portal.lib.db.row_versions import Rows, digest_statement
from cdsc_portal.lib.json.reader import read_json
from consent.models import Client, CoverageEntry, RegistrationField, ScopeOffer
from consent.scopes.base import Scope
from consent.scopes.catalogue import is_offered, offer_named
from consent.scopes.fields import DetailsField, narrowed
from consent.scopes.offer_types import OfferType, offer_types

# written out: calls of the open series make it, and composing it takes longer than running it
_STATES = """
    WITH closed AS (
        SELECT scope FROM consent_scopesetting
        WHERE NOT is_open AND (client_id IS NULL OR client_id = %s::bigint)
    )
    SELECT offer_id, is_open AND type NOT IN (SELECT scope FROM closed) FROM consent_scopeoffer
    UNION ALL
    SELECT DISTINCT scope, false FROM closed WHERE scope NOT IN (SELECT offer_id FROM consent_scopeoffer)
"""
_LIMITS = """
    SELECT COALESCE(offer.offer_id, setting.scope), LEAST(offer.days_back, setting.days_back),
        LEAST(offer.days_ahead, setting.days_ahead), offer.field_limits::text
    FROM consent_scopeoffer offer
    FULL JOIN (
        SELECT scope, min(days_back) AS days_back, min(days_ahead) AS days_ahead FROM consent_scopesetting
        WHERE client_id IS NULL OR client_id = %s::bigint
        GROUP BY scope
    ) setting ON setting.scope = offer.type
"""
_PUBLISHED = tuple(
    Rows(table, "true")
    for table in (
        "consent_scopeoffer", "consent_scopeoffer_coverages", "consent_scopesetting", "consent_coverageentry",
        "consent_registrationfield",
    )
)  # fmt: skip
# changes with every change of what `offered_now` reads
PUBLISHED_VERSION = digest_statement(_PUBLISHED)
# the rows that decide what a client (`client`: its key) may ask for
CLIENTS_OFFERS = (
    Rows("consent_scopeoffer", "true"),
    Rows("consent_scopesetting", "client_id IS NULL OR client_id = %(client)s::bigint"),
)


@dataclass(frozen=True, slots=True)
class OfferLimits:
    """How far a request may reach: days before and after its day (None = as declared), and limits by field id."""

    days_back: int | None = None
    days_ahead: int | None = None
    of_fields: tuple[tuple[str, dict[str, Any]], ...] = ()

    def field(self, declared: DetailsField) -> DetailsField:
        """`declared` as tightened."""
        return narrowed(declared, dict(self.of_fields).get(declared.id, {}))


@dataclass(frozen=True, slots=True)
class OfferedScope:
    """An open offer with all that is published of it. `grant_admin_scope` is the id of the offer that opens it."""

    id: str
    kind: OfferType
    label: str
    description: str
    coverages: tuple[str, ...]
    registration_requirements: tuple[str, ...]
    registration_optional: tuple[str, ...]
    grant_admin_scope: str | None
    limits: OfferLimits

    @property
    def fields(self) -> tuple[DetailsField, ...]:
        return tuple(self.limits.field(field) for field in self.kind.fields)


def offer_states(*, client: Client | None) -> dict[str, bool]:
    """By offer id whether `client` may ask for it, anybody where it is None; a scope without an offer only if closed.

    One query. Grants that are open stay as they are; only asking ends.
    """
    with prepared_cursor() as cursor:
        cursor.execute(_STATES, [client.pk if client else None])
        return dict(cursor.fetchall())


def open_offers(*, role: str) -> tuple[tuple[str, OfferType], ...]:
    """Id and type of each offer in the document of a utility of this role, in its order. One query."""
    states = offer_states(client=None)
    offered: list[tuple[str, OfferType]] = []
    for kind in offer_types().values():
        if not _is_served(kind, role):
            continue
        first_is_new = kind.scope is not None and kind.first_id not in states
        ids = [kind.first_id] if first_is_new else sorted(name for name in states if kind.takes_id(name))
        offered += [(name, kind) for name in ids if states.get(name, True)]
    return tuple(offered)


def available_scopes(*, role: str) -> tuple[Scope, ...]:
    """What anybody may ask of customers there: scopes of which an offer is open. One query."""
    return tuple(dict.fromkeys(kind.scope for _id, kind in open_offers(role=role) if kind.scope))


def limits_of(*, client: Client | None) -> dict[str, OfferLimits]:
    """By offer id the tightest of what staff set of the offer, of its type and of the client. One query."""
    with prepared_cursor() as cursor:
        cursor.execute(_LIMITS, [client.pk if client else None])
        return {
            offer_id: OfferLimits(back, ahead, tuple(read_json(fields or "{}").items()))
            for offer_id, back, ahead, fields in cursor.fetchall()
        }


def offered_now(*, role: str, client: Client | None = None) -> tuple[OfferedScope, ...]:
    """What `client`, or anybody, may find at a utility of this role, built-in scopes first. Four queries."""
    states, limits, kinds = offer_states(client=client), limits_of(client=client), offer_types()
    listed = Prefetch("coverages", CoverageEntry.objects.filter(is_listed=True))
    rows = ScopeOffer.objects.select_related("grant_admin").prefetch_related(listed).order_by("offer_id")
    return tuple(
        _offered(row, kind, limits[row.offer_id])
        for kind in kinds.values()
        if _is_served(kind, role)
        for row in rows
        if row.type == kind.key and states[row.offer_id]
    )


def reviews_wishes(names: Collection[str]) -> bool:
    """Whether staff look first at wishes for more of one of these scopes, by the names of requests. One query."""
    offers = {offer_named(name) or name for name in names}
    return ScopeOffer.objects.filter(offer_id__in=offers, reviews_wishes=True).exists()


def registration_fields(ids: Collection[str]) -> QuerySet[RegistrationField]:
    """Those with these ids, by id. One query, none without ids."""
    return RegistrationField.objects.filter(field_id__in=ids).order_by("field_id")


def _is_served(kind: OfferType, role: str) -> bool:
    """Whether this server serves all that offers of a type need: only such are described and registered."""
    return kind.scope is None or is_offered(kind.scope, role)


def _offered(row: ScopeOffer, kind: OfferType, limits: OfferLimits) -> OfferedScope:
    opener = row.grant_admin
    return OfferedScope(
        id=row.offer_id,
        kind=kind,
        label=row.label,
        description=row.description,
        coverages=tuple(entry.entry_id for entry in row.coverages.all()),
        registration_requirements=tuple(row.registration_requirements),
        registration_optional=tuple(row.registration_optional),
        grant_admin_scope=opener.offer_id if opener and opener.is_open else None,
        limits=limits,
    )

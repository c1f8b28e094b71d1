"""Offers of scopes: each declared type has one from the start, staff change them."""

from datetime import datetime

from consent.models import ScopeOffer
from consent.scopes.offer_types import CLIENT_ADMIN, GRANT_ADMIN, offer_types


def make_first_offers() -> None:
    """An offer of each type that has none, after the migrations; running again changes nothing.

    Grants of every type but the two that administer can be opened by the first Grant Admin offer (R-25).
    """
    present = set(ScopeOffer.objects.values_list("type", flat=True))
    for key, kind in offer_types().items():
        if key not in present:
            opener = None
            if key not in (CLIENT_ADMIN, GRANT_ADMIN):
                opener = ScopeOffer.objects.filter(type=GRANT_ADMIN).order_by("pk").first()
            ScopeOffer.objects.create(offer_id=kind.first_id, type=key, grant_admin=opener)


def save_offer(offer: ScopeOffer, *, at: datetime) -> None:
    offer.updated = at
    offer.save()

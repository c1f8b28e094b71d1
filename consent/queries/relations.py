"""What SQL of other apps may read of this app."""

from cdsc_portal.lib.db.relations import relation
from consent.models import Disclosure

DISCLOSURES = relation(Disclosure, "id", "resource", "released_at", "value_count", "end", "contracts")

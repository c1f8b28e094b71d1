"""What staff closed, as parts of other queries."""

from django.db.models import CharField, Exists, OuterRef, QuerySet
from django.db.models.functions import Cast

from accounts.models import ClosedKind, ClosedMatter


def closings(kind: ClosedKind, key: str = "pk") -> QuerySet[ClosedMatter]:
    """The closing of each row of an outer query whose column `key` names it: one at most."""
    return ClosedMatter.objects.filter(kind=kind, key=Cast(OuterRef(key), CharField()))


def is_closed(kind: ClosedKind, key: str = "pk") -> Exists:
    return Exists(closings(kind, key))

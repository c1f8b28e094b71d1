"""Where on the grid the point of a contract's link was, at one moment of the link."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, TypedDict

from django.db.models import DateTimeField, ExpressionWrapper, F, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce, Least

from accounts.models import ContractServicePoint, GridPlacement


class PlacementColumns(TypedDict):
    """What `with_grid_placement` adds to a link; "" = not known."""

    region: str
    pricing_node: str


if TYPE_CHECKING:
    from django_stubs_ext import WithAnnotations

    LinkWithPlacement = WithAnnotations[ContractServicePoint, PlacementColumns]


def with_grid_placement(
    links: QuerySet[ContractServicePoint], *, at: datetime
) -> "QuerySet[LinkWithPlacement]":
    """The links with where their points were at `at`, or at the last moment of a link that has ended. No query of its
    own.
    """
    last = ExpressionWrapper(F("end") - timedelta(microseconds=1), output_field=DateTimeField())
    placed = GridPlacement.objects.filter(
        Q(end__isnull=True) | Q(end__gt=OuterRef("looked_at")),
        service_point=OuterRef("service_point"),
        start__lte=OuterRef("looked_at"),
    )
    return links.annotate(
        looked_at=Least(last, Value(at, output_field=DateTimeField())),
        region=Coalesce(Subquery(placed.values("region")[:1]), Value("")),
        pricing_node=Coalesce(Subquery(placed.values("pricing_node")[:1]), Value("")),
    )

"""What dated links, contracts' dates and supply terms were before they were changed."""

from django.conf import settings
from django.db import models

from accounts.models.contractual import ServiceContract, SupplyTerm
from accounts.models.links import ContractServicePoint, GridPlacement, MeterInstallation
from accounts.models.physical import MeterDevice, ServicePoint
from cdsc_portal.lib import clock
from cdsc_portal.lib.append_only import AppendOnlyModel
from cdsc_portal.lib.local_days import days
from cdsc_portal.lib.ranges import Span

Dated = ContractServicePoint | MeterInstallation | GridPlacement | ServiceContract | SupplyTerm


class LinkKind(models.TextChoices):
    CONTRACT_POINT = "contract_point", "contract at a point"
    METER_POINT = "meter_point", "meter at a point"
    CONTRACT = "contract", "a contract's own dates"
    SUPPLY_TERM = "supply_term", "a supply term's dates"
    GRID_PLACEMENT = "grid_placement", "a point in a region"


class LinkChange(AppendOnlyModel):
    """[old_start, old_end) was in force until `at`, then [new_start, new_end), UTC; new_start null = removed.

    Written with each change, by whom (null = a feed), and never changed itself. `link_key` is the key of the link,
    or of the contract or supply term whose local dates these are. `link_created`: when the link was first told,
    null = before anyone kept this. `lost_from`: the first instant that is no longer covered, null = none is lost.
    `region`: of a placement.
    """

    kind = models.CharField(max_length=20, choices=LinkKind.choices)
    link_key = models.BigIntegerField()
    link_created = models.DateTimeField(null=True)
    contract = models.ForeignKey(ServiceContract, on_delete=models.PROTECT, null=True, related_name="+")
    meter = models.ForeignKey(MeterDevice, on_delete=models.PROTECT, null=True, related_name="+")
    service_point = models.ForeignKey(ServicePoint, on_delete=models.PROTECT, null=True, related_name="+")
    region = models.CharField("grid region", max_length=50, blank=True, default="", db_default="")
    old_start = models.DateTimeField()
    old_end = models.DateTimeField(null=True)
    new_start = models.DateTimeField(null=True)
    new_end = models.DateTimeField(null=True)
    lost_from = models.DateTimeField(null=True)
    at = models.DateTimeField("recorded", default=clock.now)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        ordering = ["-at", "-pk"]
        indexes = [
            models.Index(fields=["-at"], name="link_change_at"),
            models.Index(fields=["kind", "link_key", "at"], name="link_change_of_link"),
        ]

    def __str__(self) -> str:
        linked = [str(one) for one in (self.contract, self.meter, self.service_point) if one is not None]
        return " at ".join(linked)


def span_of(link: Dated) -> Span:
    """What a link, or the local days of a contract or supply term, cover as instants."""
    if isinstance(link, ServiceContract | SupplyTerm):
        return days(link.start, link.end)
    return Span(link.start, link.end)

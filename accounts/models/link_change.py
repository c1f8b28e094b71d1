"""What dated links, contracts' dates and supply terms were before they were changed."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models.contractual import ServiceContract, SupplyTerm
from accounts.models.links import ContractServicePoint, GridPlacement, MeterInstallation
from accounts.models.physical import MeterDevice, ServicePoint
from cdsc_portal.lib.db.append_only import AppendOnlyModel
from cdsc_portal.lib.time import clock
from cdsc_portal.lib.time.local_days import days
from cdsc_portal.lib.time.ranges import Span

Dated = ContractServicePoint | MeterInstallation | GridPlacement | ServiceContract | SupplyTerm


class LinkKind(models.TextChoices):
    CONTRACT_POINT = "contract_point", _("contract at a point")
    METER_POINT = "meter_point", _("meter at a point")
    CONTRACT = "contract", _("a contract's own dates")
    SUPPLY_TERM = "supply_term", _("a supply term's dates")
    GRID_PLACEMENT = "grid_placement", _("a point in a region")


class LinkChange(AppendOnlyModel):
    """[old_start, old_end) was in force until `at`, then [new_start, new_end), UTC; new_start null = removed.

    Written with each change, by whom (null = a feed), and never changed itself. `link_key` is the key of the link,
    or of the contract or supply term whose local dates these are. `link_created`: when the link was first told,
    null = before anyone kept this. `lost_from`: the first instant that is no longer covered, null = none is lost.
    `region`: of a placement.
    """

    kind = models.CharField(_("kind"), max_length=20, choices=LinkKind.choices)
    link_key = models.BigIntegerField()
    link_created = models.DateTimeField(null=True)
    contract = models.ForeignKey(
        ServiceContract, verbose_name=_("contract"), on_delete=models.PROTECT, null=True, related_name="+"
    )
    meter = models.ForeignKey(
        MeterDevice, verbose_name=_("meter"), on_delete=models.PROTECT, null=True, related_name="+"
    )
    service_point = models.ForeignKey(
        ServicePoint, verbose_name=_("service point"), on_delete=models.PROTECT, null=True, related_name="+"
    )
    region = models.CharField(_("grid region"), max_length=50, blank=True, default="", db_default="")
    old_start = models.DateTimeField(_("old start"))
    old_end = models.DateTimeField(_("old end"), null=True)
    new_start = models.DateTimeField(_("new start"), null=True)
    new_end = models.DateTimeField(_("new end"), null=True)
    lost_from = models.DateTimeField(_("lost from"), null=True)
    at = models.DateTimeField(_("recorded"), default=clock.now)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("by"), on_delete=models.PROTECT, null=True, related_name="+"
    )

    class Meta:
        verbose_name = _("link change")
        verbose_name_plural = _("link changes")
        ordering = ["-at", "-pk"]
        indexes = [
            models.Index(fields=["-at"], name="link_change_at"),
            models.Index(fields=["kind", "link_key", "at"], name="link_change_of_link"),
        ]

    def __str__(self) -> str:
        linked = [
            str(target) for target in (self.contract, self.meter, self.service_point) if target is not None
        ]
        return " at ".join(linked)


def span_of(link: Dated) -> Span:
    """What a link, or the local days of a contract or supply term, cover as instants."""
    if isinstance(link, ServiceContract | SupplyTerm):
        return days(link.start, link.end)
    return Span(link.start, link.end)

"""Bills: statements as sent, their sections by contract, and line items. Money in exact decimals."""

from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import BillingAccount, Commodity, Published, ServiceContract

MONEY: dict[str, Any] = {"max_digits": 14, "decimal_places": 4}


class BillStatement(Published):
    """One bill of a billing account. `statement_date` is local; period [start, end) in local dates.

    `replaces` is the bill that this one corrects; both stay, as both were sent. `open_amount` is what of it is not paid
    yet, as the newest load says; null where no feed says it.
    """

    account = models.ForeignKey(
        BillingAccount, verbose_name=_("account"), on_delete=models.PROTECT, related_name="statements"
    )
    statement_number = models.CharField(_("statement number"), max_length=60, unique=True)
    statement_date = models.DateField(_("statement date"))
    due_date = models.DateField(_("due date"), null=True, blank=True)
    start = models.DateField(_("start"), null=True, blank=True)
    end = models.DateField(_("end"), null=True, blank=True)
    currency = models.CharField(_("currency"), max_length=3, default="USD")
    previous_balance = models.DecimalField(_("previous balance"), null=True, blank=True, **MONEY)
    payments = models.DecimalField(_("payments"), null=True, blank=True, **MONEY)
    new_charges = models.DecimalField(_("new charges"), null=True, blank=True, **MONEY)
    total = models.DecimalField(_("amount due"), **MONEY)
    open_amount = models.DecimalField(_("still open"), null=True, blank=True, **MONEY)
    replaces = models.ForeignKey(
        "self",
        verbose_name=_("replaces"),
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="replaced_by",
    )
    file = models.FileField(upload_to="bills/%Y/%m", blank=True)
    file_name = models.CharField(_("file name"), max_length=255, blank=True)
    file_sha256 = models.CharField(_("file sha256"), max_length=64, blank=True)

    class Meta:
        verbose_name = _("bill statement")
        verbose_name_plural = _("bill statements")
        ordering = ["-statement_date", "pk"]
        indexes = [models.Index(fields=["account", "-statement_date"], name="statement_of_account")]

    def __str__(self) -> str:
        return self.statement_number


class BillSection(Published):
    """The part of a statement that bills one contract for [start, end) in local dates."""

    statement = models.ForeignKey(BillStatement, on_delete=models.CASCADE, related_name="sections")
    contract = models.ForeignKey(
        ServiceContract, verbose_name=_("contract"), on_delete=models.PROTECT, related_name="bill_sections"
    )
    position = models.PositiveSmallIntegerField()
    commodity = models.CharField(_("commodity"), max_length=20, choices=Commodity.choices)
    start = models.DateField(_("start"))
    end = models.DateField(_("end"))
    supplier_name = models.CharField(_("supplier name"), max_length=150, blank=True)
    tariff_code = models.CharField(_("tariff code"), max_length=50, blank=True)
    tariff_name = models.CharField(_("tariff name"), max_length=150, blank=True)
    amount = models.DecimalField(_("amount"), **MONEY)

    class Meta:
        verbose_name = _("bill section")
        verbose_name_plural = _("bill sections")
        ordering = ["statement", "position"]
        constraints = [models.UniqueConstraint(fields=["statement", "position"], name="section_place")]

    def __str__(self) -> str:
        return f"{self.statement}: {self.contract}"


class LineItem(models.Model):
    """One line of a section: a quantity at a rate, or a flat amount; null where a bill states neither."""

    section = models.ForeignKey(BillSection, on_delete=models.CASCADE, related_name="line_items")
    position = models.PositiveSmallIntegerField()
    name = models.CharField(_("name"), max_length=200)
    kind = models.CharField(_("kind"), max_length=30, blank=True)
    quantity = models.DecimalField(max_digits=18, decimal_places=6, null=True, blank=True)
    unit = models.CharField(_("unit"), max_length=20, blank=True)
    rate = models.DecimalField(max_digits=18, decimal_places=8, null=True, blank=True)
    amount = models.DecimalField(_("amount"), **MONEY)

    class Meta:
        ordering = ["section", "position"]

    def __str__(self) -> str:
        return self.name

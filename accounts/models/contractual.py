"""The contractual half of the hierarchy: accounts, contracts, supply terms, programs."""

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.db import models
from django.db.models import F, Func, Q, Value
from django.utils.translation import gettext_lazy as _

from accounts.models.base import Commodity, Published, Versioned, prefix_index
from accounts.models.customer import Customer
from accounts.models.entity import Entity
from cdsc_portal.lib.text.one_line import validate_one_line


class Program(Published, Versioned):
    """Something an account or contract is enrolled in, e.g. demand response."""

    program_number = models.CharField(_("program number"), max_length=50, unique=True)
    name = models.CharField(_("name"), max_length=150, validators=[validate_one_line])

    class Meta:
        verbose_name = _("program")
        verbose_name_plural = _("programs")

    def __str__(self) -> str:
        return self.name


class BillingAccount(Published, Versioned):
    """What bills are sent for. Accounts nest: a chain's store under its head office."""

    customer = models.ForeignKey(
        Customer, verbose_name=_("customer"), on_delete=models.PROTECT, related_name="billing_accounts"
    )
    parent = models.ForeignKey(
        "self",
        verbose_name=_("parent"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="children",
    )
    account_number = models.CharField(_("account number"), max_length=50, unique=True)
    name = models.CharField(
        _("the customer's own name for it"), max_length=150, blank=True, validators=[validate_one_line]
    )
    address = models.CharField(_("address"), max_length=300, blank=True)
    programs = models.ManyToManyField(
        Program, verbose_name=_("programs"), blank=True, related_name="billing_accounts"
    )

    class Meta:
        verbose_name = _("billing account")
        verbose_name_plural = _("billing accounts")
        ordering = ["account_number"]
        indexes = [prefix_index("account_number", "account_number_prefix")]
        constraints = [
            models.CheckConstraint(condition=~Q(parent=F("pk")), name="account_is_not_its_own_parent")
        ]

    def __str__(self) -> str:
        return self.account_number


class ServiceContract(Published, Versioned):
    """One commodity delivered under one billing account, from `start` to before `end` (local dates)."""

    billing_account = models.ForeignKey(
        BillingAccount, verbose_name=_("billing account"), on_delete=models.PROTECT, related_name="contracts"
    )
    contract_number = models.CharField(_("contract number"), max_length=50, unique=True)
    commodity = models.CharField(_("commodity"), max_length=20, choices=Commodity.choices)
    distribution = models.ForeignKey(
        Entity,
        verbose_name=_("distribution"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="distribution_contracts",
    )
    name = models.CharField(
        _("the customer's own name for it"), max_length=150, blank=True, validators=[validate_one_line]
    )
    group = models.CharField(
        _("the customer's own group of it"),
        max_length=150,
        blank=True,
        default="",
        db_default="",
        validators=[validate_one_line],
    )
    address = models.CharField(_("service address"), max_length=300, blank=True)
    start = models.DateField(_("start"))
    end = models.DateField(_("end"), null=True, blank=True)
    programs = models.ManyToManyField(
        Program, verbose_name=_("programs"), blank=True, related_name="contracts"
    )

    class Meta:
        verbose_name = _("service contract")
        verbose_name_plural = _("service contracts")
        ordering = ["contract_number"]
        indexes = [prefix_index("contract_number", "contract_number_prefix")]
        constraints = [
            models.CheckConstraint(
                condition=Q(end__isnull=True) | Q(end__gt=F("start")), name="contract_end_after_start"
            )
        ]

    def __str__(self) -> str:
        return self.contract_number


class SupplyTerm(Published, Versioned):
    """Who supplied a contract on which tariff, [start, end) in local dates; never two at once."""

    contract = models.ForeignKey(
        ServiceContract, verbose_name=_("contract"), on_delete=models.CASCADE, related_name="supply_terms"
    )
    supplier = models.ForeignKey(
        Entity, verbose_name=_("supplier"), on_delete=models.PROTECT, related_name="supply_terms"
    )
    supplier_contract_number = models.CharField(_("supplier contract number"), max_length=50, blank=True)
    tariff_code = models.CharField(_("tariff code"), max_length=50)
    tariff_name = models.CharField(_("tariff name"), max_length=150, validators=[validate_one_line])
    start = models.DateField(_("start"))
    end = models.DateField(_("end"), null=True, blank=True)

    class Meta:
        verbose_name = _("supply term")
        verbose_name_plural = _("supply terms")
        ordering = ["contract", "start"]
        constraints = [
            models.CheckConstraint(
                condition=Q(end__isnull=True) | Q(end__gt=F("start")), name="term_end_after_start"
            ),
            # btree_gist is not everywhere: a range of one key stands in for equality
            ExclusionConstraint(
                name="one_supply_term_at_a_time",
                expressions=[
                    (
                        Func("contract_id", "contract_id", Value("[]"), function="int8range"),
                        RangeOperators.OVERLAPS,
                    ),
                    (Func("start", "end", function="daterange"), RangeOperators.OVERLAPS),
                ],
            ),
        ]

    def __str__(self) -> str:
        return f"{self.supplier} {self.tariff_code} from {self.start}"

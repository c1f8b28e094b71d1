"""Customers and the users who act for them."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models.base import Published, Versioned, prefix_index, word_index
from cdsc_portal.lib.text.one_line import validate_one_line
from cdsc_portal.lib.time import clock


class Customer(Published, Versioned):
    """A person or firm with billing accounts. Customer 1-* BillingAccount, *-* User.

    `is_test`: invented, for companies to try their software on; only these are seen by a client in the sandbox.
    """

    customer_number = models.CharField(_("customer number"), max_length=50, unique=True)
    name = models.CharField(_("name"), max_length=200, validators=[validate_one_line])
    is_test = models.BooleanField(
        _("a test customer, nobody's data: clients in the sandbox see only these"),
        default=False,
        db_default=False,
    )

    class Meta:
        verbose_name = _("customer")
        verbose_name_plural = _("customers")
        indexes = [
            models.Index(fields=["name"], name="customer_name_prefix"),
            prefix_index("customer_number", "customer_number_prefix"),
            word_index("name", "customer_name_words"),
        ]
        ordering = ["customer_number"]

    def __str__(self) -> str:
        return f"{self.name} ({self.customer_number})"


class Role(models.TextChoices):
    OWNER = "owner", _("owner: sees and shares")
    VIEWER = "viewer", _("viewer: sees")
    DELEGATE = "delegate", _("delegate: sees and, where allowed, shares, until a date")


class Membership(Versioned):
    """What one user may do for one customer: all its accounts, or one billing account.

    `until` is the first instant it no longer holds: a delegate has one, and an owner under notice (decision 0072).
    `is_account_holder`: an owner told by a feed or by staff, whom no other owner ends. Before `shares_from`, where
    there is one, the role only looks: it is new, or its holder's address was changed by staff (decision 0038).
    """

    customer = models.ForeignKey(
        Customer, verbose_name=_("customer"), on_delete=models.CASCADE, related_name="memberships"
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("user"), on_delete=models.CASCADE, related_name="memberships"
    )
    role = models.CharField(_("role"), max_length=10, choices=Role.choices)
    billing_account = models.ForeignKey(
        "accounts.BillingAccount",
        verbose_name=_("billing account"),
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="memberships",
    )
    may_share = models.BooleanField(_("a delegate who may share"), default=False)
    until = models.DateTimeField(_("until"), null=True, blank=True)
    is_account_holder = models.BooleanField(
        _("the account holder: no other owner ends this role"), default=False, db_default=False
    )
    shares_from = models.DateTimeField(null=True, blank=True, editable=False)
    created = models.DateTimeField(_("created"), default=clock.now, editable=False)

    class Meta:
        verbose_name = _("membership")
        verbose_name_plural = _("memberships")
        constraints = [
            models.UniqueConstraint(
                fields=["customer", "user", "billing_account"], nulls_distinct=False, name="membership_once"
            ),
            models.CheckConstraint(
                condition=~Q(role="delegate") | Q(until__isnull=False), name="delegate_has_an_end"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} {self.role} {self.customer}"

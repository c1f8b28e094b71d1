"""Who invites whom to act for a customer, and how each role changed."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models.contractual import BillingAccount
from accounts.models.customer import Customer, Role
from cdsc_portal.lib.db.append_only import AppendOnlyModel
from cdsc_portal.lib.db.public_ids import public_id_field
from cdsc_portal.lib.time import clock


class Invitation(models.Model):
    """A role that an owner offers to whoever reads the mail to `email`; nobody has it before it is accepted.

    `digest` is that of the key in the mail's link; sent again, the link has another. `until` is the role's end.
    """

    public_id = public_id_field()
    customer = models.ForeignKey(
        Customer, verbose_name=_("customer"), on_delete=models.CASCADE, related_name="invitations"
    )
    billing_account = models.ForeignKey(
        BillingAccount,
        verbose_name=_("billing account"),
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="invitations",
    )
    email = models.EmailField()
    role = models.CharField(_("role"), max_length=10, choices=Role.choices)
    may_share = models.BooleanField(default=False)
    until = models.DateTimeField(_("until"), null=True, blank=True)
    invited_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="invitations_sent"
    )
    digest = models.CharField(max_length=64, unique=True)
    created = models.DateTimeField(_("created"), default=clock.now, editable=False)
    sent = models.DateTimeField(default=clock.now)
    expires = models.DateTimeField(_("expires"))
    accepted = models.DateTimeField(_("accepted"), null=True, blank=True)
    withdrawn = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["customer", "billing_account", "email"],
                nulls_distinct=False,
                condition=Q(accepted__isnull=True, withdrawn__isnull=True),
                name="one_open_invitation",
            ),
            models.CheckConstraint(
                condition=~Q(role="delegate") | Q(until__isnull=False), name="invited_delegate_has_an_end"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.role} of {self.customer}"


class RoleVerb(models.TextChoices):
    """What happened to a role."""

    INVITED = "invited", _("invited")
    SENT_AGAIN = "sent_again", _("invitation sent again")
    WITHDRAWN = "withdrawn", _("invitation withdrawn")
    JOINED = "joined", _("accepted")
    CHANGED = "changed", _("changed")
    ENDED = "ended", _("ended by an owner")
    NOTICE = "notice", _("notice given by an owner")
    KEPT = "kept", _("kept by an owner")
    LEFT = "left", _("left")
    OFFERED = "offered", _("code for a first login asked for")
    AGREED = "agreed", _("agreed to by an owner")
    ADDRESS = "address", _("e-mail address changed by staff")


class RoleEvent(AppendOnlyModel):
    """One step in the history of who acts for a customer. Append-only; `user` is null before somebody accepts."""

    customer = models.ForeignKey(
        Customer, verbose_name=_("customer"), on_delete=models.PROTECT, related_name="role_events"
    )
    billing_account = models.ForeignKey(
        BillingAccount,
        verbose_name=_("billing account"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("user"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="role_events",
    )
    email = models.EmailField(blank=True)
    verb = models.CharField(_("verb"), max_length=10, choices=RoleVerb.choices)
    role = models.CharField(_("role"), max_length=10, choices=Role.choices)
    until = models.DateTimeField(_("until"), null=True, blank=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("by"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )
    at = models.DateTimeField(_("at"), default=clock.now)

    class Meta:
        verbose_name = _("role event")
        verbose_name_plural = _("role events")
        ordering = ["-at", "-pk"]
        indexes = [models.Index(fields=["customer", "-at"], name="role_event_of_customer")]

    def __str__(self) -> str:
        return f"{self.verb} {self.role} {self.customer}"

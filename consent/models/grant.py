"""A grant: one consent of one customer user to one client. It outlives its tokens."""

from django.conf import settings
from django.contrib.postgres.indexes import GistIndex
from django.db import models
from django.db.models import F, Func, Q, Value
from django.db.models.functions import Greatest
from django.utils.translation import gettext_lazy as _

from accounts.models import BillingAccount, ServiceContract
from cdsc_portal.lib.db.append_only import AppendOnlyModel
from cdsc_portal.lib.db.public_ids import public_id_field
from cdsc_portal.lib.time import clock
from consent.transitions import GrantStatus

_STATUS_NAMES = {
    GrantStatus.ACTIVE: _("active"),
    GrantStatus.FUTURE: _("future"),
    GrantStatus.PENDING: _("pending"),
    GrantStatus.PARTIAL: _("partial"),
    GrantStatus.NEEDS_AUTHORIZATION: _("needs_authorization"),
    GrantStatus.NEEDS_SUB_GRANTS: _("needs_sub_grants"),
    GrantStatus.DISABLED: _("disabled"),
    GrantStatus.SUSPENDED: _("suspended"),
    GrantStatus.REVOKED: _("revoked"),
    GrantStatus.CLOSED: _("closed"),
    GrantStatus.EXPIRED: _("expired"),
    GrantStatus.DELAYED: _("delayed"),
    GrantStatus.STOPPED: _("stopped"),
    GrantStatus.ERRORED: _("errored"),
}


class GrantKind(models.TextChoices):
    """Whose word a grant is."""

    CUSTOMER = "customer", _("given by a customer")
    CLIENT = "client", _("the client's own, by its credentials")
    FILES = "files", _("files that the utility provides")


class Grant(models.Model):
    """What one user allowed one client; of the other kinds, what the utility allows a client. Instants in UTC.

    A client's own grant has no user and no parts: `scope` and `authorization_details` are as its first token request
    asked, and there is one of each such pair (docs/decisions/0063).
    `access_ends` is the first instant at which no part opens anything any more (null = until stopped), `partial_from`
    the first at which one of them does not. `authorization_details` are the details as granted, dates fixed (X-10).
    `requested_scope` and `requested_details` are what the third party wants beyond that, while no customer has allowed
    it; null without such a wish. `parent` is the grant that a Grant Admin's own one opens: what pauses or ends that
    does so to its children (docs/decisions/0074). `eta` is until when a pending one is expected to wait. `modified`
    moves when content does.
    """

    public_id = public_id_field()
    client = models.ForeignKey(
        settings.OAUTH2_PROVIDER_APPLICATION_MODEL,
        verbose_name=_("client"),
        on_delete=models.PROTECT,
        related_name="grants",
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("user"),
        on_delete=models.PROTECT,
        null=True,
        related_name="given_grants",
    )
    kind = models.CharField(
        _("kind"),
        max_length=10,
        choices=GrantKind.choices,
        default=GrantKind.CUSTOMER,
        db_default=GrantKind.CUSTOMER.value,
        editable=False,
    )
    status = models.CharField(
        _("status"), max_length=20, choices=[(s.value, _STATUS_NAMES[s]) for s in GrantStatus]
    )
    scope = models.TextField(_("scope"))
    authorization_details = models.JSONField(_("authorization details"))
    created = models.DateTimeField(_("created"), default=clock.now, editable=False)
    modified = models.DateTimeField(_("modified"), default=clock.now, editable=False)
    not_before = models.DateTimeField(_("not before"), null=True, blank=True)
    access_ends = models.DateTimeField(_("access ends"), null=True, blank=True)
    partial_from = models.DateTimeField(null=True, editable=False)
    eta = models.DateTimeField(null=True, editable=False)
    refreshable = models.BooleanField("lasts beyond its first token", default=False)
    requested_scope = models.TextField(null=True, editable=False)
    requested_details = models.JSONField(null=True, editable=False)
    parent = models.ForeignKey(
        "self", on_delete=models.SET_NULL, null=True, editable=False, related_name="children"
    )
    replaced_by = models.ForeignKey(
        "self", on_delete=models.SET_NULL, null=True, editable=False, related_name="replaced"
    )

    class Meta:
        verbose_name = _("grant")
        verbose_name_plural = _("grants")
        ordering = ["-created"]
        indexes = [
            models.Index(fields=["user", "status"], name="grant_of_user"),
            models.Index(fields=["status", "access_ends"], name="grant_ending"),
            models.Index(fields=["client"], name="grant_own", condition=Q(kind="client")),
            # listings of a third party: in their order, by status, and what no sweep has reached yet
            models.Index(fields=["client", "modified", "id"], name="grant_listed"),
            models.Index(fields=["client", "status", "modified", "id"], name="grant_listed_by_status"),
            models.Index(
                fields=["partial_from"], name="grant_partly_over", condition=Q(status=GrantStatus.ACTIVE)
            ),
            # those that were there at an instant and changed after it
            GistIndex(
                Func("created", Greatest("created", "modified"), function="tstzrange"),
                name="grant_there_unchanged",
            ),
        ]

    def __str__(self) -> str:
        return self.public_id


class GrantPart(models.Model):
    """One scope of a grant with its own period and selection.

    [window_start, window_end) is the period of the data (null = open on that side); `access_ends` the first instant
    at which this part opens nothing more. Services that came to `future_accounts` after `later_since` (null: after
    the approval) join by themselves. Readings leave no finer than `resolution` (empty: as they were read). `meters` are
    pairs [contract key, meter key] of services of which the customer left meters out: of these, only they are read.
    """

    grant = models.ForeignKey(Grant, verbose_name=_("grant"), on_delete=models.CASCADE, related_name="parts")
    scope = models.CharField(_("scope"), max_length=60)
    position = models.PositiveSmallIntegerField()
    window_start = models.DateTimeField(_("window start"), null=True, blank=True)
    window_end = models.DateTimeField(_("window end"), null=True, blank=True)
    access_ends = models.DateTimeField(_("access ends"), null=True, blank=True)
    later_since = models.DateTimeField(null=True, blank=True)
    resolution = models.CharField(
        _("finest resolution of readings"), max_length=10, blank=True, default="", db_default=""
    )
    meters = models.JSONField(
        _("meters of services that are shared in part"),
        blank=True,
        default=list,
        db_default=Value([], models.JSONField()),
    )
    contracts = models.ManyToManyField(
        ServiceContract, through="consent.Selection", related_name="grant_parts"
    )
    future_accounts = models.ManyToManyField(
        BillingAccount,
        blank=True,
        related_name="future_grant_parts",
        help_text="services added later join from here",
    )

    class Meta:
        verbose_name = _("grant part")
        verbose_name_plural = _("grant parts")
        ordering = ["grant", "position"]
        constraints = [
            models.UniqueConstraint(fields=["grant", "scope"], name="scope_once_in_a_grant"),
            models.CheckConstraint(
                condition=Q(window_start__isnull=True)
                | Q(window_end__isnull=True)
                | Q(window_end__gte=F("window_start")),
                name="part_end_not_before_start",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.grant} {self.scope}"


class Selection(models.Model):
    """A service contract that the customer ticked for a part."""

    part = models.ForeignKey(GrantPart, on_delete=models.CASCADE, related_name="selections")
    contract = models.ForeignKey(
        ServiceContract, verbose_name=_("contract"), on_delete=models.PROTECT, related_name="selections"
    )

    class Meta:
        constraints = [models.UniqueConstraint(fields=["part", "contract"], name="contract_once_in_a_part")]

    def __str__(self) -> str:
        return f"{self.part}: {self.contract}"


class RemovedService(models.Model):
    """A service that a grant opened and opens no more; who sees the service still sees what was read of it.

    `at` is when it last left.
    """

    grant = models.ForeignKey(
        Grant, verbose_name=_("grant"), on_delete=models.CASCADE, related_name="removed_services"
    )
    contract = models.ForeignKey(
        ServiceContract, verbose_name=_("contract"), on_delete=models.PROTECT, related_name="removed_services"
    )
    at = models.DateTimeField(_("at"))

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["grant", "contract"], name="taken_out_once_of_a_grant")
        ]

    def __str__(self) -> str:
        return f"{self.grant}: {self.contract} until {self.at}"


class Actor(models.TextChoices):
    """Who caused an event of a grant's history."""

    CUSTOMER = "customer", _("customer")
    LINK = "link", _("receipt link")
    CLIENT = "client", _("third party")
    STAFF = "staff", _("utility staff")
    SYSTEM = "system", _("system")


class Change(models.TextChoices):
    """What changed, in an event that leaves the status as it is."""

    NARROWED = "narrowed", "shared less"
    OWNER_STOPPED = "owner_stopped", "another owner took out what they own"
    OWNER_LEFT = "owner_left", "an owner who left took the account along"
    GIVEN_UP = "given_up", "the third party gave up some of it"
    REQUESTED = "requested", "the third party wants more"
    WIDENED = "widened", "agreed anew"
    REVIEWED = "reviewed", "the utility looked at what the third party wants"
    WITH_PARENT = "with_parent", "as the grant that it opens"


class GrantEvent(AppendOnlyModel):
    """One step in a grant's history; append-only (X-20).

    `reason` is the utility's own note; customers read only `public_reason`, which was written for them.
    """

    grant = models.ForeignKey(Grant, verbose_name=_("grant"), on_delete=models.PROTECT, related_name="events")
    at = models.DateTimeField(_("at"), default=clock.now)
    from_status = models.CharField(_("from status"), max_length=20, blank=True)
    to_status = models.CharField(_("to status"), max_length=20)
    actor = models.CharField(_("actor"), max_length=10, choices=Actor.choices)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("by"), on_delete=models.PROTECT, null=True, related_name="+"
    )
    change = models.CharField(max_length=20, choices=Change.choices, blank=True, default="", db_default="")
    reason = models.TextField(_("internal note"), blank=True)
    public_reason = models.TextField(
        _("reason as the customer reads it"), blank=True, default="", db_default=""
    )

    class Meta:
        verbose_name = _("grant event")
        verbose_name_plural = _("grant events")
        ordering = ["grant", "at", "pk"]

    def __str__(self) -> str:
        return f"{self.grant} {self.from_status} to {self.to_status}"

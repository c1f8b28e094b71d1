"""What sign-in remembers: attempts that failed, codes that open a customer's first access, mail that waits."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models.customer import Customer, Role
from cdsc_portal.lib.time import clock


class SignInAttempts(models.Model):
    """How often one thing was tried since `since` from one place: a password, a code of an app, an activation code.

    `key` is a digest of the kind of try, what it was for and where it came from, `subject` one of what it was for
    alone: no address that was typed in is kept. After `allowed` tries in `seconds` from `since` on, more are refused.
    """

    key = models.CharField(_("key"), max_length=64, primary_key=True)
    subject = models.CharField(_("subject"), max_length=64, default="", db_default="", db_index=True)
    count = models.PositiveIntegerField(default=0)
    since = models.DateTimeField(db_index=True)
    allowed = models.PositiveIntegerField(default=5, db_default=5)
    seconds = models.PositiveIntegerField(_("seconds"), default=300, db_default=300)

    def __str__(self) -> str:
        return f"{self.count} since {self.since}"

    @property
    def until(self) -> datetime:
        """When the count begins anew."""
        return self.since + timedelta(seconds=self.seconds)


class CodeWay(models.TextChoices):
    """How a code for a first login reaches the person."""

    MAIL = "mail", _("by e-mail to an owner")
    LETTER = "letter", _("by letter")
    SPOKEN = "told", _("told to the person")


class ActivationCode(models.Model):
    """A code that, with a bill's number, opens the first access to `customer`.

    It is mailed to an owner on file (`sent_to`), or a second person of staff (`handed_out_by`) puts it into a letter
    to `address` or tells it. Only its digest is kept; until it is handed out there is none. It works once, before
    `until`; a newer one for the same role replaces it. `way` is empty for codes of releases before this rule, which
    open nothing any more.
    """

    customer = models.ForeignKey(
        Customer, verbose_name=_("customer"), on_delete=models.CASCADE, related_name="activation_codes"
    )
    role = models.CharField(_("role"), max_length=10, choices=Role.choices)
    way = models.CharField(_("way"), max_length=6, choices=CodeWay.choices, blank=True, db_default="")
    sent_to = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("sent to"),
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
    )
    address = models.CharField(_("address"), max_length=300, blank=True, db_default="")
    reason = models.CharField(_("reason"), max_length=300, blank=True, db_default="")
    digest = models.CharField(max_length=64, blank=True)
    issued_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("issued by"),
        on_delete=models.SET_NULL,
        null=True,
        related_name="+",
    )
    created = models.DateTimeField(_("created"), default=clock.now, editable=False)
    handed_out_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("handed out by"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )
    handed_out_at = models.DateTimeField(_("handed out at"), null=True, blank=True)
    until = models.DateTimeField(_("until"))
    used_at = models.DateTimeField(_("used at"), null=True, blank=True)
    used_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("used by"),
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
    )

    class Meta:
        verbose_name = _("activation code")
        verbose_name_plural = _("activation codes")
        default_permissions = ("view",)
        permissions = [("hand_out_activation_code", "Can hand out a code that another asked for")]
        constraints = [
            models.CheckConstraint(condition=~Q(role=Role.DELEGATE), name="no_activation_of_a_delegate"),
            models.CheckConstraint(
                condition=Q(way__in=["", CodeWay.MAIL]) | Q(digest="") | Q(handed_out_by__isnull=False),
                name="activation_code_handed_out",
            ),
            models.CheckConstraint(
                condition=Q(handed_out_by__isnull=True) | ~Q(handed_out_by=F("issued_by")),
                name="activation_code_by_two_people",
            ),
            models.UniqueConstraint(
                fields=["customer", "role"], condition=Q(used_at=None), name="one_open_activation_code"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.role} of {self.customer}"

    @property
    def is_to_hand_out(self) -> bool:
        """Whether it waits to be handed out by a second person."""
        return not self.digest and self.used_at is None


class SecondStepLink(models.Model):
    """A link with which `user`, of staff, sets up a first second step. It works once, before `until`.

    Only a digest of its secret is kept; a newer one replaces it. `issued_by` is None for the command line.
    """

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("user"), on_delete=models.CASCADE, related_name="+"
    )
    digest = models.CharField(max_length=64, db_index=True)
    issued_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("issued by"),
        on_delete=models.SET_NULL,
        null=True,
        related_name="+",
    )
    created = models.DateTimeField(_("created"), default=clock.now, editable=False)
    until = models.DateTimeField(_("until"))
    used_at = models.DateTimeField(_("used at"), null=True, blank=True)

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["user"], condition=Q(used_at=None), name="one_open_second_step_link"
            ),
        ]

    def __str__(self) -> str:
        return f"of {self.user}"


class Session(models.Model):
    """What the server keeps of one browser until `expires`, known by the SHA-256 digest of the cookie's secret.

    `data` is sealed: whoever reads the table can neither take up a session nor read a code of a login under way
    (X-18). Only `sign_in/sessions.py` reads and writes it.
    """

    digest = models.CharField(max_length=64, primary_key=True)
    data = models.TextField()
    expires = models.DateTimeField(_("expires"), db_index=True)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"until {self.expires}"

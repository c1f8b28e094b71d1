"""What the utility's staff saw and did. Written once; the database refuses any other change."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models.customer import Customer
from cdsc_portal.lib.db.append_only import AppendOnlyModel
from cdsc_portal.lib.db.public_ids import new_public_id
from cdsc_portal.lib.time import clock


class SupportSession(AppendOnlyModel):
    """`by` saw the pages of `customer` as `person` sees them, [at, ends), read-only, for `reason` (P-23).

    The customer reads the reason under Sharing. A person who acts for several customers makes a row for
    each; `visit` is the same for those. Append-only.
    """

    visit = models.CharField(max_length=20, editable=False, default=new_public_id)
    customer = models.ForeignKey(
        Customer, verbose_name=_("customer"), on_delete=models.PROTECT, related_name="support_sessions"
    )
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("person"),
        on_delete=models.PROTECT,
        related_name="+",
    )
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("by"), on_delete=models.PROTECT, related_name="+"
    )
    reason = models.CharField(_("reason"), max_length=300)
    at = models.DateTimeField(_("at"), default=clock.now)
    ends = models.DateTimeField(_("ends"))

    class Meta:
        verbose_name = _("support session")
        verbose_name_plural = _("support sessions")
        default_permissions = ("add", "view")
        ordering = ["-at", "-pk"]
        indexes = [
            models.Index(fields=["customer", "-at"], name="support_session_of_customer"),
            models.Index(fields=["visit"], name="support_session_of_visit"),
        ]

    def __str__(self) -> str:
        return f"{self.by} at {self.customer}"


class StaffVerb(models.TextChoices):
    """What kind of thing was done."""

    ADD = "add", _("added")
    CHANGE = "change", _("changed")
    DELETE = "delete", _("deleted")
    ACT = "act", _("did")
    SUPPORT_SESSION = "session", _("opened a support session")
    EXPORT = "export", _("took as a file")


class StaffAction(AppendOnlyModel):
    """One line of the log of everything staff do: who, when, what, before and after, and why.

    `model` and `key` name the object ("accounts.customer", its key as text); `changes` are
    [[field, before, after], ...], secrets masked. What names people stands in `personal` (its label and the
    changes of names and addresses), so that an erasure can blank it and `reason`, and nothing else: the database
    refuses every other UPDATE, and DELETE.
    """

    at = models.DateTimeField(_("at"), default=clock.now)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("by"), on_delete=models.PROTECT, related_name="+"
    )
    verb = models.CharField(_("verb"), max_length=10, choices=StaffVerb.choices)
    model = models.CharField(_("model"), max_length=60)
    key = models.CharField(_("key"), max_length=40, blank=True)
    what = models.CharField(_("what"), max_length=200, blank=True)
    changes = models.JSONField(default=list)
    personal = models.JSONField(_("personal"), default=dict)
    reason = models.TextField(_("reason"), blank=True)

    class Meta:
        verbose_name = _("staff action")
        verbose_name_plural = _("staff actions")
        default_permissions = ("view",)
        permissions = [
            ("help_sign_in", "Can correct an address, unlock and invite again"),
            ("issue_activation_code", "Can ask for a code for a first login"),
            ("export_records", "Can take records as a file"),
            ("manage_staff", "Can say who is staff and what they may do"),
        ]
        ordering = ["-at", "-pk"]
        indexes = [
            models.Index(fields=["-at"], name="staff_action_at"),
            models.Index(fields=["model", "key", "-at"], name="staff_action_of_object"),
            models.Index(fields=["by", "-at"], name="staff_action_by"),
        ]

    def __str__(self) -> str:
        return f"{self.get_verb_display()} {self.model} {self.key}".strip()

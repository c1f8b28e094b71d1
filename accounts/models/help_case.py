"""What people ask the utility's support on the help page."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from cdsc_portal.lib.db.public_ids import new_reference
from cdsc_portal.lib.time import clock


class CaseTopic(models.TextChoices):
    """What it is about, in the customer's words."""

    REQUEST = "request", _("A company asked me to share data")
    SHARING = "sharing", _("What I share")
    NOT_ME = "not_me", _("Something I did not do")
    FIGURES = "figures", _("Usage that looks wrong")
    BILL = "bill", _("A bill")
    LOGIN = "login", _("Logging in")
    OTHER = "other", _("Something else")


class CaseStatus(models.TextChoices):
    """Whose turn it is."""

    OPEN = "open", _("waits for us")
    ANSWERED = "answered", _("answered")
    CLOSED = "closed", _("closed")


class HelpCase(models.Model):
    """One message to support. `reference` is what both sides read out; `user` is who was logged in, if anybody.

    `email` and `text` are personal and go with an erasure; `note` is staff's own.
    """

    reference = models.CharField(
        _("reference"), max_length=12, unique=True, default=new_reference, editable=False
    )
    topic = models.CharField(_("topic"), max_length=10, choices=CaseTopic.choices)
    text = models.TextField(_("text"))
    email = models.EmailField(_("e-mail address"))
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("user"),
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
    )
    status = models.CharField(_("status"), max_length=10, choices=CaseStatus.choices, default=CaseStatus.OPEN)
    note = models.TextField(_("internal note"), blank=True)
    created = models.DateTimeField(_("created"), default=clock.now, editable=False)

    class Meta:
        verbose_name = _("help case")
        verbose_name_plural = _("help cases")
        default_permissions = ("change", "view")
        ordering = ["-created", "-pk"]
        indexes = [
            models.Index(
                fields=["created"], name="help_case_that_waits", condition=models.Q(status=CaseStatus.OPEN)
            )
        ]

    def __str__(self) -> str:
        return self.reference

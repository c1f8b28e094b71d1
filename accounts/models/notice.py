"""Which notices a person wants by mail, and which were sent."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from cdsc_portal.lib.time import clock


class NoticeKind(models.TextChoices):
    """What a notice tells. Receipts, changes and stops are no notices: they are always told."""

    HIGH_USE = "high_use", _("Use well above what is usual")
    GAP = "gap", _("A gap in your readings")
    NEW_READER = "new_reader", _("A company reads your data for the first time")
    ENDING = "ending", _("Sharing that is about to end")


class NoticeSetting(models.Model):
    """A person's own choice about one kind of notice; without a row what is usual holds (`notice_choices`).

    `percent` is from how far above what is usual high use is told, null for any other kind."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("user"), on_delete=models.CASCADE, related_name="+"
    )
    kind = models.CharField(_("kind"), max_length=20, choices=NoticeKind.choices)
    percent = models.PositiveSmallIntegerField(_("percent above what is usual"), null=True, blank=True)
    is_on = models.BooleanField(_("on"))
    modified = models.DateTimeField(_("modified"), default=clock.now)

    class Meta:
        verbose_name = _("choice of notices")
        verbose_name_plural = _("choices of notices")
        default_permissions = ("view",)
        ordering = ["user", "kind"]
        constraints = [models.UniqueConstraint(fields=["user", "kind"], name="notice_choice_once")]

    def __str__(self) -> str:
        return f"{self.kind} {self.is_on}"

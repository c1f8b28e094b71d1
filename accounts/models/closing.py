"""What waited for staff, and was closed by one of them with a reason."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from cdsc_portal.lib.time import clock


class ClosedKind(models.TextChoices):
    """What can wait for staff by itself; what `ClosedMatter.key` names of each."""

    RUN = "run", _("file refused or failed")  # key of the run
    SOURCE = "source", _("failing source")  # key of the source, while it fails
    FEED = "feed", _("late feed")  # key of the feed, for one rhythm
    METER = "meter", _("parked readings")  # number of the meter, while something of it is parked
    MAIL = "mail", _("mail that could not be sent")  # key of the mail


class ClosedMatter(models.Model):
    """Staff's overview counts it no more. It changes nothing of the matter itself; the log of staff has each closing.

    Closed again, the newer reason stands.
    """

    kind = models.CharField(_("kind"), max_length=10, choices=ClosedKind.choices)
    key = models.CharField(max_length=100)
    at = models.DateTimeField(_("at"), default=clock.now)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("by"), on_delete=models.PROTECT, related_name="+"
    )
    reason = models.CharField(_("reason"), max_length=300)

    class Meta:
        verbose_name = _("closed matter")
        verbose_name_plural = _("closed matters")
        default_permissions = ("add",)
        constraints = [models.UniqueConstraint(fields=["kind", "key"], name="matter_closed_once")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.key}"

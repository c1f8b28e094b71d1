"""Calls for data that were refused: what a company's people look at when their program gets no answer."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from consent.models.oauth import Client


class RefusedCalls(models.Model):
    """How often one resource was refused to one client for one reason on one day (UTC), and the last of these calls.

    `code` is the one of the answer (/docs/errors/), `reference` what its header `X-Request-Reference` told. No row for
    each call: however often a client calls, it has no more rows than there are resources and codes (decision 94).
    """

    client = models.ForeignKey(
        Client,
        verbose_name=_("client"),
        on_delete=models.CASCADE,
        related_name="refused_calls",
        db_index=False,  # the constraint's index begins with it
    )
    day = models.DateField(_("day"))
    resource = models.CharField(_("resource"), max_length=60)
    status = models.PositiveSmallIntegerField(_("status"))
    code = models.CharField(_("code"), max_length=60)
    calls = models.PositiveIntegerField(_("calls"))
    last_at = models.DateTimeField(_("last call"))
    reference = models.CharField(_("reference"), max_length=20)

    class Meta:
        verbose_name = _("refused calls")
        verbose_name_plural = _("refused calls")
        ordering = ["-last_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["client", "day", "resource", "status", "code"], name="refused_calls_once_a_day"
            )
        ]

    def __str__(self) -> str:
        return f"{self.day} {self.resource} {self.code}"

"""What staff set about a scope: for the whole server, or for one third party."""

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from cdsc_portal.lib.time import clock


class ScopeSetting(models.Model):
    """Switches a scope off or tightens its limits; it never opens more than the declaration does.

    `client` null = for everybody. Days are counted from the day of the request: `days_back` how far before it data
    may lie, `days_ahead` how long access may last (null = as declared, ten years).
    """

    scope = models.CharField(_("scope"), max_length=60)
    client = models.ForeignKey(
        settings.OAUTH2_PROVIDER_APPLICATION_MODEL,
        verbose_name=_("client"),
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="scope_settings",
        help_text="empty: for every third party",
    )
    is_open = models.BooleanField(_("may be asked for"), default=True)
    days_back = models.PositiveIntegerField(
        _("days back at most"), null=True, blank=True, validators=[MaxValueValidator(3660)]
    )
    days_ahead = models.PositiveIntegerField(
        _("days ahead at most"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(3660)],
    )
    modified = models.DateTimeField(_("modified"), default=clock.now, editable=False)

    class Meta:
        verbose_name = _("scope setting")
        verbose_name_plural = _("scope settings")
        ordering = ["scope", "client"]
        constraints = [
            models.UniqueConstraint(
                fields=["scope", "client"], nulls_distinct=False, name="scope_set_once_for_each"
            )
        ]

    def __str__(self) -> str:
        return f"{self.scope}: {self.client or 'everybody'}"

"""Companies of the energy system: who delivers, who sells."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models.base import Published, Versioned
from cdsc_portal.lib.text.one_line import validate_one_line


class EntityKind(models.TextChoices):
    DISTRIBUTION = "distribution_utility", _("distribution utility")
    SUPPLIER = "supplier", _("supplier")


class Entity(Published, Versioned):
    """A distribution utility or a retail supplier."""

    name = models.CharField(_("name"), max_length=150, unique=True, validators=[validate_one_line])
    abbreviation = models.CharField(
        _("abbreviation"), max_length=20, blank=True, validators=[validate_one_line]
    )
    kind = models.CharField(_("kind"), max_length=30, choices=EntityKind.choices)

    class Meta:
        verbose_name = _("entity")
        verbose_name_plural = _("entities")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

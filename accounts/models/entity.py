"""Companies of the energy system: who delivers, who sells."""

from django.db import models

from accounts.models.base import Published, Versioned
from cdsc_portal.lib.one_line import validate_one_line


class EntityKind(models.TextChoices):
    DISTRIBUTION = "distribution_utility", "distribution utility"
    SUPPLIER = "supplier", "supplier"


class Entity(Published, Versioned):
    """A distribution utility or a retail supplier."""

    name = models.CharField(max_length=150, unique=True, validators=[validate_one_line])
    abbreviation = models.CharField(max_length=20, blank=True, validators=[validate_one_line])
    kind = models.CharField(max_length=30, choices=EntityKind.choices)

    class Meta:
        verbose_name_plural = "entities"
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

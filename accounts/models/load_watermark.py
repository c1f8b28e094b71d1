"""How far the feeds have told the hierarchy."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class LoadWatermark(models.Model):
    """The file time of the newest full load of a kind: what it did not list, an older file cannot add."""

    kind = models.CharField(_("kind"), max_length=20, unique=True)
    as_of = models.DateTimeField(_("as of"))

    def __str__(self) -> str:
        return f"{self.kind} as of {self.as_of}"

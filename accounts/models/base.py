"""What everything served to third parties carries."""

from django.contrib.postgres.indexes import GinIndex, OpClass
from django.contrib.postgres.search import SearchVector
from django.db import models
from django.db.models.functions import Upper
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from cdsc_portal.lib.db.public_ids import public_id_field
from cdsc_portal.lib.time import clock


class Published(models.Model):
    """A public id and the three times of a served object.

    `cds_modified` moves only when content does; `cds_synced` at each load that saw the object.
    """

    public_id = public_id_field()
    cds_created = models.DateTimeField(_("created"), default=clock.now, editable=False)
    cds_modified = models.DateTimeField(_("modified"), default=clock.now, editable=False)
    cds_synced = models.DateTimeField(_("synced"), default=clock.now, editable=False)

    class Meta:
        abstract = True


class Versioned(models.Model):
    """Loaded from feeds. `version_at` is the time of the file that set the row: an older file does not undo it."""

    version_at = models.DateTimeField(_("as of"), null=True, blank=True, editable=False)

    class Meta:
        abstract = True


def prefix_index(field: str, name: str) -> models.Index:
    """Serves `field__istartswith` under every collation."""
    return models.Index(OpClass(Upper(field), name="text_pattern_ops"), name=name)


def word_index(field: str, name: str) -> models.Index:
    """Serves a search for the beginnings of words, in any order (`queries.search.has_words`)."""
    return GinIndex(SearchVector(field, config="simple"), name=name)


class Commodity(models.TextChoices):
    """What is delivered."""

    ELECTRICITY = "electricity", pgettext_lazy("kind of service", "electricity")
    GAS = "natural_gas", pgettext_lazy("kind of service", "gas")
    WATER = "water", pgettext_lazy("kind of service", "water")

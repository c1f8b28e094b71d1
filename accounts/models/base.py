"""What everything served to third parties carries."""

from django.db import models

from cdsc_portal.lib import clock
from cdsc_portal.lib.public_ids import new_public_id


class Published(models.Model):
    """A public id and the three times of a served object.

    `cds_modified` moves only when content does; `cds_synced` at each load that saw the object.
    """

    public_id = models.CharField(max_length=20, unique=True, editable=False, default=new_public_id)
    cds_created = models.DateTimeField("created", default=clock.now, editable=False)
    cds_modified = models.DateTimeField("modified", default=clock.now, editable=False)
    cds_synced = models.DateTimeField("synced", default=clock.now, editable=False)

    class Meta:
        abstract = True


class Commodity(models.TextChoices):
    """What is delivered."""

    ELECTRICITY = "electricity", "electricity"
    GAS = "natural_gas", "gas"
    WATER = "water", "water"

"""What customers call their meters."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models.customer import Customer
from accounts.models.physical import MeterDevice
from cdsc_portal.lib.text.one_line import validate_one_line


class MeterName(models.Model):
    """A customer's own name for a meter. It belongs to the two together: the next occupant starts without one."""

    customer = models.ForeignKey(
        Customer, verbose_name=_("customer"), on_delete=models.CASCADE, related_name="meter_names"
    )
    meter = models.ForeignKey(
        MeterDevice, verbose_name=_("meter"), on_delete=models.CASCADE, related_name="names"
    )
    name = models.CharField(_("name"), max_length=150, validators=[validate_one_line])

    class Meta:
        constraints = [models.UniqueConstraint(fields=["customer", "meter"], name="one_name_of_a_meter")]

    def __str__(self) -> str:
        return self.name

from django.utils.translation import gettext_lazy as _

from consent.scopes.base import Period, Scope

SCOPE = Scope(
    id="customer_distribution_details",
    place=10,
    aliases=("distribution_details",),
    title=_("How energy reaches you"),
    sentence=_("The lines, the meter and the address that serve you."),
    includes=(
        (_("Network company"), _("River Valley Wires")),
        (_("Meter number"), _("55-1042")),
        (_("Service point number"), _("SP 2040")),
        (_("Voltage"), _("240 V")),
        (_("Kind of service"), _("electricity")),
        (_("Service address"), _("12 Orchard Lane")),
    ),
    excludes=_("Your usage, your bills, your supplier."),
    period=Period.NOW,
    opens=("distribution_details",),
)

from django.utils.translation import gettext_lazy as _

from consent.scopes.base import Period, Scope

SCOPE = Scope(
    id="usage_data",
    place=40,
    aliases=("customer_usage_data",),
    title=_("Your meter readings"),
    sentence=_("How much you used, and when."),
    includes=(
        (_("Energy you used, for each interval"), _("6:00-6:15 PM: 0.42 kWh")),
        (_("Energy you sent back, for each interval"), _("1:00-1:15 PM: 0.90 kWh")),
        (_("How sure each reading is"), _("measured or estimated")),
    ),
    excludes=_("Costs, your name."),
    hint=_("Can hint at when someone is home."),
    period=Period.DATA,
    records=_("Readings"),
    opens=("usage_data",),
    has_resolution=True,
)

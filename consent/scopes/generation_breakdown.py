from django.utils.translation import gettext_lazy as _

from consent.scopes.base import ELECTRICITY, Period, Scope

SCOPE = Scope(
    id="generation_breakdown",
    place=80,
    aliases=("customer_generation_breakdown",),
    title=_("How the grid's electricity was made"),
    sentence=_("Which sources made the power in the grid where you live, hour by hour."),
    includes=((_("Shares by source"), _("6 PM: gas 40%")),),
    excludes=_("Your tariff's sources, unclaimed power, your usage."),
    period=Period.DATA,
    records=_("Hourly shares"),
    opens=("generation_breakdown",),
    commodities=frozenset({ELECTRICITY}),
)

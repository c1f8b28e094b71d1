from django.utils.translation import gettext_lazy as _

from consent.scopes.base import ELECTRICITY, Period, Scope

SCOPE = Scope(
    id="generation_mix",
    place=70,
    aliases=("customer_generation_mix",),
    title=_("How your electricity was made"),
    sentence=_("Which sources made the power, hour by hour."),
    includes=(
        (_("Shares by source: your tariff"), _("6 PM: wind 31%")),
        (_("Shares by source: the grid where you live"), _("6 PM: gas 40%")),
        (_("Shares by source: power that nobody has claimed"), _("6 PM: coal 12%")),
    ),
    excludes=_("Your usage."),
    period=Period.DATA,
    records=_("Hourly shares"),
    opens=("generation_mix", "generation_breakdown", "consumption_breakdown", "residual_mix"),
    commodities=frozenset({ELECTRICITY}),
)

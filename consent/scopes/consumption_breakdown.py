from django.utils.translation import gettext_lazy as _

from consent.scopes.base import ELECTRICITY, Period, Scope

SCOPE = Scope(
    id="consumption_breakdown",
    place=90,
    aliases=("customer_consumption_breakdown",),
    title=_("How your tariff's electricity was made"),
    sentence=_("Which sources made the power sold under your tariff, hour by hour."),
    includes=((_("Shares by source"), _("6 PM: wind 31%")),),
    excludes=_("The grid's sources, unclaimed power, your usage."),
    period=Period.DATA,
    records=_("Hourly shares"),
    opens=("consumption_breakdown",),
    commodities=frozenset({ELECTRICITY}),
)

from django.utils.translation import gettext_lazy as _

from consent.scopes.base import ELECTRICITY, Period, Scope

SCOPE = Scope(
    id="residual_mix",
    place=100,
    aliases=("customer_residual_mix",),
    title=_("How the untracked electricity was made"),
    sentence=_("Which sources made the power that nobody has claimed, hour by hour."),
    includes=((_("Shares by source"), _("6 PM: coal 12%")),),
    excludes=_("Your tariff's sources, the grid's sources, your usage."),
    period=Period.DATA,
    records=_("Hourly shares"),
    opens=("residual_mix",),
    commodities=frozenset({ELECTRICITY}),
)

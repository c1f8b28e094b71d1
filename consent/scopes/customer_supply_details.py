from django.utils.translation import gettext_lazy as _

from consent.scopes.base import Period, Scope

SCOPE = Scope(
    id="customer_supply_details",
    place=20,
    aliases=("supply_details",),
    title=_("Your supplier and tariff now"),
    sentence=_("Who sells you energy today, and at which rate plan."),
    includes=(
        (_("Supplier"), _("Valley Energy")),
        (_("Tariff"), _("Home EV (EV-TOU)")),
        (_("Account number"), "A-1001"),
        (_("Contract number"), "1111111-1"),
    ),
    excludes=_("Past suppliers, your usage."),
    period=Period.NOW,
    opens=("supply_details",),
    needs_supply=True,
)

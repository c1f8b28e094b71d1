from django.utils.translation import gettext_lazy as _

from consent.scopes.base import Period, Scope

SCOPE = Scope(
    id="customer_supply_history",
    place=30,
    aliases=("supply_history",),
    title=_("Supplier and tariff changes"),
    sentence=_("Each time you changed your supplier or tariff, with the date."),
    includes=(
        (_("Each change, with its date"), _("March 1, 2025: to EV-TOU")),
        (_("Supplier at that time"), _("Valley Energy")),
    ),
    excludes=_("Your usage, amounts of money."),
    period=Period.DATA,
    records=_("Changes"),
    opens=("supply_history",),
    needs_supply=True,
)

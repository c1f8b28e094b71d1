from django.utils.translation import gettext_lazy as _

from consent.scopes.base import Period, Scope

SCOPE = Scope(  # names of supplier and tariff only beside a supply scope
    id="bill_data",
    place=50,
    aliases=("customer_bill_data",),
    title=_("What your bills are made of"),
    sentence=_("Each line of your bills, as figures."),
    includes=(
        (_("Period that each part covers"), _("March 1 to March 31, 2026")),
        (_("Lines with amounts"), _("312 kWh x $0.21 = $65.52")),
    ),
    excludes=_("PDF files, bank details."),
    period=Period.DATA,
    records=_("Bill lines"),
    opens=("bill_data",),
)

from django.utils.translation import gettext_lazy as _

from consent.scopes.base import Period, Scope

SCOPE = Scope(
    id="bill_statements",
    place=60,
    aliases=("customer_bill_statements",),
    title=_("Your bills as documents"),
    sentence=_("Your bills as they were sent to you."),
    includes=(
        (_("Date of each bill"), _("April 3, 2026")),
        (_("Total"), _("$84.17")),
        (_("The bill as a PDF file"), _("bill-2026-04.pdf")),
    ),
    excludes=_("Bank details."),
    hint=_("Shows the name and address printed on it."),
    period=Period.DATA,
    records=_("Bills"),
    opens=("bill_statements",),
)

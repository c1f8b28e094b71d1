from django.utils.translation import gettext_lazy as _

from datahub.feeds.loading.bills import load_bills
from datahub.feeds.loading.kind import Kind

KIND = Kind(
    name="bills",
    title=_("bills"),
    load=lambda rows, origin, file: load_bills(bills=rows, attachments=file.attachments, origin=origin),
    rows_a_chunk=200,
    attachments=True,
)

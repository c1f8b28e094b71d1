"""Addresses that open a receipt without a login: written into a mail, and kept as a digest only."""

from datetime import datetime

from cdsc_portal.lib.db.public_ids import new_secret
from cdsc_portal.lib.secrets.checksums import checksum
from consent.models import Receipt, ReceiptAddress


def new_receipt_address(*, receipt: Receipt, at: datetime) -> str:
    """The key of one more address of `receipt`; those that it has go on to work. One statement."""
    key = new_secret()
    ReceiptAddress.objects.create(receipt=receipt, digest=checksum(key), created=at)
    return key

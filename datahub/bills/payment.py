"""Whether a bill is paid, as far as a feed says what of it is still open."""

from datetime import datetime
from enum import StrEnum

from django.utils import timezone

from datahub.models import BillStatement


class Payment(StrEnum):
    """How a bill stands; UNKNOWN where no feed says it."""

    PAID = "paid"
    DUE = "due"
    OVERDUE = "overdue"
    UNKNOWN = "unknown"


def payment(statement: BillStatement, *, at: datetime) -> Payment:
    """As the newest load says it, against the utility's day of `at`; what a correction replaced is not asked for."""
    if statement.open_amount is None or statement.total <= 0:
        return Payment.UNKNOWN
    if statement.open_amount <= 0:
        return Payment.PAID
    is_late = statement.due_date is not None and statement.due_date < timezone.localdate(at)
    return Payment.OVERDUE if is_late else Payment.DUE

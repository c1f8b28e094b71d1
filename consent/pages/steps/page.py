"""What the page of a registration step says: to whom it belongs, what it wants, and how far it is."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from consent.models import FieldType, Message, MessageType, StepStatus
from consent.step_links import message_of_key

_TITLES: dict[str, str | Promise] = {
    FieldType.PAYMENT_REQUIRED: _("Pay the fee"),
    FieldType.EMAIL_VERIFICATION: _("Confirm an e-mail address"),
    FieldType.SSO_VERIFICATION: _("Confirm who you are by logging in"),
    FieldType.ONLINE_FORM: _("Fill in a form"),
    FieldType.PDF_FORM: _("Send a form back"),
}
_STATUSES: dict[str, tuple[str | Promise, str]] = {
    StepStatus.OPEN: (_("Waits for you"), "warn"),
    StepStatus.PENDING: (_("The utility looks at it"), ""),
    StepStatus.COMPLETE: (pgettext_lazy("step", "Complete"), "ok"),
    StepStatus.REJECTED: (pgettext_lazy("step", "Rejected"), "warn"),
}


@dataclass(frozen=True, slots=True)
class StepPage:
    """One step. `is_over`: the link is, and a message with a newer one follows. `paid`: the page is a receipt."""

    message: Message
    title: str | Promise
    company: str
    description: str
    documentation: str
    status: str | Promise
    status_kind: str
    is_open: bool
    is_over: bool
    kind: str
    amount: Decimal | None
    currency: str
    paid: datetime | None

    @property
    def is_email(self) -> bool:
        return self.kind == FieldType.EMAIL_VERIFICATION

    @property
    def needs_login(self) -> bool:
        return self.kind == FieldType.SSO_VERIFICATION


def step_page(key: str, *, at: datetime) -> StepPage | None:
    """The page of a link; None where the server gave no such link, or the step is gone. One query."""
    message = (
        Message.objects.filter(public_id=message_of_key(key), step__isnull=False)
        .select_related("step__field", "step__message", "registration", "client", "first")
        .first()
    )
    if message is None or message.step is None:
        return None
    step, field = message.step, message.step.field
    words, kind = _STATUSES[step.status]
    is_receipt = message.type == MessageType.REQUEST_UPDATE
    return StepPage(
        message=message,
        title=_("Receipt") if is_receipt else _TITLES[field.type],
        company=str(message.registration),
        description=field.description,
        documentation=field.documentation,
        status=words,
        status_kind=kind,
        is_open=step.status == StepStatus.OPEN,
        is_over=message.link_expires is not None and message.link_expires <= at and not is_receipt,
        kind=field.type,
        amount=step.message.amount if step.message else None,
        currency=step.message.currency if step.message else "",
        paid=message.created if is_receipt else None,
    )

"""What a customer shares and which mail went to its people, for the staff's page of one customer."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import DateTimeField, Exists, OuterRef, Subquery

from accounts.models import Customer, OutgoingMail
from cdsc_portal.lib.time.dates_in_words import day_in_words, last_day, moment_in_words
from consent.models import Disclosure, Grant, GrantPart, Selection
from consent.pages.staff_figures import STAFF_WORDS
from consent.queries.visible_grants import status_at

_SHOWN = 20


@dataclass(frozen=True, slots=True)
class SharedRow:
    """One grant that covers something of the customer's; times in words, empty for none."""

    key: int
    company: str
    status: str
    given: str
    until: str
    last_read: str


@dataclass(frozen=True, slots=True)
class MailRow:
    key: int
    subject: str
    to: str
    written: str
    sent: str
    problem: str


def shared_by(customer: Customer, *, at: datetime) -> tuple[SharedRow, ...]:
    """The newest 20 grants, whoever gave them. One query."""
    chosen = Selection.objects.filter(
        part__grant=OuterRef("pk"), contract__billing_account__customer=customer
    )
    to_come = GrantPart.future_accounts.through.objects.filter(
        grantpart__grant=OuterRef("pk"), billingaccount__customer=customer
    )
    reads = Disclosure.objects.filter(grant=OuterRef("pk")).order_by("-released_at").values("released_at")
    grants = (
        Grant.objects.filter(Exists(chosen) | Exists(to_come))
        .select_related("client")
        .annotate(last_read=Subquery(reads[:1], output_field=DateTimeField()))
    )
    return tuple(
        SharedRow(
            key=grant.pk,
            company=grant.client.name,
            status=str(STAFF_WORDS[status_at(grant, at)]),
            given=moment_in_words(grant.created),
            until=day_in_words(last_day(grant.access_ends)) if grant.access_ends else "",
            last_read=moment_in_words(grant.last_read) if grant.last_read else "",
        )
        for grant in grants[:_SHOWN]
    )


def mail_to_people_of(customer: Customer) -> tuple[MailRow, ...]:
    """The newest 20 mails to whoever has a role for the customer. One query."""
    mails = OutgoingMail.objects.filter(opens_login=False, user__memberships__customer=customer).distinct()
    return tuple(
        MailRow(
            key=mail.pk,
            subject=mail.subject,
            to=mail.to,
            written=moment_in_words(mail.created),
            sent=moment_in_words(mail.sent_at) if mail.sent_at else "",
            problem=mail.error,
        )
        for mail in mails.order_by("-created").defer("text", "html")[:_SHOWN]
    )

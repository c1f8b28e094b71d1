"""Let an agent see what a customer sees, read-only, for a reason that the customer can read (P-23)."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction

from accounts.models import Customer, StaffVerb, SupportSession, User
from accounts.services.staff_actions import record_staff_action
from cdsc_portal.lib.db.public_ids import new_public_id

SUPPORT_SESSION_LENGTH = timedelta(minutes=30)


class NoPagesToShowError(ValueError):
    """The person acts for nobody, or is the agent."""

    code = "no_pages_to_show"


@transaction.atomic
def start_support_session(*, person: User, by: User, reason: str, at: datetime) -> Sequence[SupportSession]:
    """Open the pages of `person` to the agent `by` for 30 minutes; one session row for each customer they show.

    The agent stays who they are: nothing can be done as `person`. Raises NoPagesToShowError.
    """
    customers = list(Customer.objects.filter(memberships__user=person).distinct().order_by("pk"))
    if not customers or person.pk == by.pk:
        raise NoPagesToShowError(f"{person.public_id} has no pages to show")
    visit = new_public_id()
    sessions = SupportSession.objects.bulk_create(
        SupportSession(
            visit=visit,
            customer=customer,
            person=person,
            by=by,
            reason=reason,
            at=at,
            ends=at + SUPPORT_SESSION_LENGTH,
        )
        for customer in customers
    )
    for customer in customers:
        record_staff_action(
            by=by,
            verb=StaffVerb.SUPPORT_SESSION,
            on=customer,
            what="the customer's own pages",
            reason=reason,
            at=at,
        )
    return sessions

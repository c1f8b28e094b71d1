"""Where a code for a first login may go: what is on file of a customer, and was not changed a moment ago."""

from datetime import datetime

from django.db.models import Exists, OuterRef, QuerySet

from accounts.models import ActivationCode, BillingAccount, Customer, Membership, Role, User
from accounts.queries.roles import holds, settled

_MOST = 20


def contacts_on_file(*, customer: Customer, at: datetime) -> QuerySet[User]:
    """Owners of all of the customer's accounts who may log in, by e-mail address. One query.

    Not those who wait: a new owner, or one whose address staff changed a moment ago.
    """
    owning = Membership.objects.filter(
        holds(at), settled(at), customer=customer, billing_account=None, role=Role.OWNER, user=OuterRef("pk")
    )
    return User.objects.filter(Exists(owning), is_active=True).order_by("email")


def codes_to_hand_out(*, by_id: int, at: datetime) -> int:
    """Codes for first logins that another of staff asked for, so that this one can hand them out. One query."""
    pending = ActivationCode.objects.filter(digest="", used_at=None, until__gt=at)
    return pending.exclude(issued_by=by_id).count()


def addresses_on_file(*, customer: Customer) -> tuple[str, ...]:
    """The postal addresses of the customer's bills, the first 20 of them. One query."""
    addresses = BillingAccount.objects.filter(customer=customer).exclude(address="").order_by("address")
    return tuple(addresses.values_list("address", flat=True).distinct()[:_MOST])

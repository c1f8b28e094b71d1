"""Add people who log in. Nobody signs up: staff or a feed adds them, and a mail lets them choose a password."""

from collections.abc import Collection, Mapping
from datetime import datetime

from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.db.models.functions import Lower

from accounts.mail.invitations import write_invitations
from accounts.models import BillingAccount, Customer, Membership, Role, User


class InvitationRefused(ValueError):
    """The user or role cannot be added; `field` says which part is wrong."""

    code = "invitation_refused"

    def __init__(self, *, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


@transaction.atomic
def add_users(*, people: Mapping[str, str], at: datetime) -> dict[str, User]:
    """The users with these e-mail addresses (lower case: name), made and to be invited where they are new.

    A known user keeps name and password. Three queries, however many.
    """
    matching = User.objects.annotate(address=Lower("email")).filter(address__in=people)
    known = {user.email.lower(): user for user in matching}
    new = [
        User(email=email, name=name, password=make_password(None), created=at)
        for email, name in people.items()
        if email not in known
    ]
    created = User.objects.bulk_create(new)
    if created:
        write_invitations(users=created, at=at)
    return known | {user.email: user for user in created}


@transaction.atomic
def invite_user(
    *,
    email: str,
    name: str,
    language: str = "en",
    customer: Customer | None = None,
    role: str = Role.OWNER,
    billing_account: BillingAccount | None = None,
    may_share: bool = False,
    until: datetime | None = None,
    is_staff: bool = False,
    at: datetime,
) -> User:
    """Add a user, with a role for `customer` if one is named, and send the mail to choose a password.

    Raises InvitationRefused: the address is taken, a delegate has no end, the account is another customer's.
    """
    if User.objects.filter(email__iexact=email).exists():
        raise InvitationRefused(field="email", message="Someone with this e-mail address is here already.")
    user = add_users(people={email.lower(): name}, at=at)[email.lower()]
    user.language, user.is_staff = language, is_staff
    user.save(update_fields=["language", "is_staff"])
    if customer is not None:
        require_role(customer=customer, role=role, billing_account=billing_account, until=until)
        Membership.objects.create(
            customer=customer,
            user=user,
            role=role,
            billing_account=billing_account,
            may_share=may_share,
            until=until,
            is_account_holder=role == Role.OWNER,
            created=at,
        )
    return user


def invite_again(*, users: Collection[User], at: datetime) -> int:
    """Send the invitation once more to those who never chose a password; how many that is."""
    waiting = [user for user in users if user.is_active and not user.has_usable_password()]
    if waiting:
        write_invitations(users=waiting, at=at)
    return len(waiting)


def require_role(
    *, customer: Customer, role: str, billing_account: BillingAccount | None, until: datetime | None
) -> None:
    """Raises InvitationRefused unless such a role can be given."""
    if (role == Role.DELEGATE) != (until is not None):
        raise InvitationRefused(field="until", message="A delegate, and nobody else, has an end.")
    if billing_account is not None and billing_account.customer_id != customer.pk:
        raise InvitationRefused(field="billing_account", message="This account belongs to another customer.")

"""What happens once somebody has proved who they are: a first login, and the role that was held out to them."""

from datetime import datetime

from django.db import IntegrityError, transaction

from accounts.models import Membership, Role, RoleVerb, User
from accounts.services.roles import record
from accounts.services.waits import may_share, waits_until
from accounts.signals import role_given

_RANK = {Role.VIEWER: 0, Role.DELEGATE: 1, Role.OWNER: 2}


def get_or_create_login(
    *, email: str, password: str, name: str, language: str, at: datetime
) -> tuple[User, bool]:
    """The login of `email`, and whether `password` opens it from now on: it is made, or had no password yet.

    For an address that was proved, in the caller's transaction. Two who come at once find the same login.
    """
    try:
        with transaction.atomic():
            if not User.objects.filter(email__iexact=email).exists():
                made = User.objects.create_user(
                    email, password or None, name=name, language=language, created=at
                )
                return made, True
    except IntegrityError:
        pass  # made a moment ago by another tab; that one is found below
    user = User.objects.select_for_update().get(email__iexact=email)
    if not password or user.has_usable_password() or not user.is_active:
        return user, False
    user.set_password(password)
    user.name = user.name or name
    user.save(update_fields=["password", "name"])
    return user, True


def accept_role(
    *, user: User, offered: Membership, is_agreed: bool = False, is_vouched: bool = False, at: datetime
) -> Membership:
    """`user` has the role of `offered`, which is not stored; who has a higher one that lasts keeps it.

    A role that may share waits first (`waits.waits_until`), unless an owner gave it (`is_agreed`). The first owner whom
    a contact on file or a letter vouches for (`is_vouched`) is the account holder. In the caller's
    transaction, with the customer's row locked. It stands in the customer's history, and those concerned are told.
    """
    given = {
        "role": offered.role,
        "may_share": offered.may_share,
        "until": offered.until,
        "version_at": at,  # an older file does not undo it
    }
    membership, is_new = Membership.objects.get_or_create(
        customer_id=offered.customer_id,
        user=user,
        billing_account_id=offered.billing_account_id,
        defaults={**given, "created": at},
    )
    is_over = membership.until is not None and membership.until <= at
    # neither an owner's invitation nor a code takes back an owner's notice
    has_notice = not is_new and membership.role == Role.OWNER and membership.until is not None and not is_over
    shared_before = not is_new and not is_over and may_share(membership)
    if (
        not is_new
        and not has_notice
        and (is_over or _RANK[Role(offered.role)] >= _RANK[Role(membership.role)])
    ):
        for name, value in given.items():
            setattr(membership, name, value)
    if is_agreed:
        membership.shares_from = None
    elif not shared_before:
        membership.shares_from = waits_until(membership=membership, is_vouched=is_vouched, at=at)
    # who comes by a contact on file or a letter, and does not wait for another owner, is the first
    if (
        is_vouched
        and membership.role == Role.OWNER
        and waits_until(membership=membership, is_vouched=True, at=at) is None
    ):
        membership.is_account_holder = True
    membership.save(update_fields=[*given, "shares_from", "is_account_holder"])
    record(verb=RoleVerb.JOINED, membership=membership, by=user, at=at)
    role_given.send(sender=Membership, membership=membership, at=at)
    return membership

"""First access with the number of a bill and a code from the utility. Nobody else signs up."""

import secrets
from datetime import datetime, timedelta

import structlog
from django.db import transaction

from accounts.models import ActivationCode, BillingAccount, Customer, Membership, Role, User
from accounts.services.sign_in_locks import count_try, forget_tries
from accounts.services.taking_up import login_of, take_up
from cdsc_portal.lib import clock
from cdsc_portal.lib.sealed import digest, is_digest_of

log = structlog.get_logger(__name__)

VALID_DAYS = 30
_ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"  # nothing that looks alike on paper
_LENGTH = 12  # 58 bits
_GROUP = 4
_KIND = "activation"
_PURPOSE = "activation code"


class ActivationRefused(Exception):
    """The number and the code do not fit, or not any more. One reason for all, so that no number can be probed."""

    code = "activation_refused"


@transaction.atomic
def issue_code(*, customer: Customer, role: str, by: User) -> str:
    """A new code that opens the first access to `customer` as `role`, such as `K7MQ-2XWD-9RTF`, for 30 days.

    It is told once, here; an earlier one for the same role stops working. Raises ValueError for a delegate, who is
    invited by an owner and has an end.
    """
    if role not in (Role.OWNER, Role.VIEWER):
        raise ValueError(f"no code makes somebody a {role}")
    at = clock.now()
    code = "".join(secrets.choice(_ALPHABET) for _ in range(_LENGTH))
    ActivationCode.objects.filter(customer=customer, role=role, used_at=None).delete()
    ActivationCode.objects.create(
        customer=customer,
        role=role,
        digest=digest(_plain(code), purpose=_PURPOSE),
        issued_by=by,
        created=at,
        until=at + timedelta(days=VALID_DAYS),
    )
    log.info("activation.issued", customer=customer.public_id, role=role, by=by.public_id)
    return "-".join(code[start : start + _GROUP] for start in range(0, _LENGTH, _GROUP))


def find_code(*, account_number: str, code: str, at: datetime) -> ActivationCode:
    """The open code that fits the number of a bill.

    Raises ActivationRefused, or LockedError after five tries at one number in five minutes. An unknown number and
    a wrong code take the same queries.
    """
    number = account_number.strip()
    count_try(kind=_KIND, of=number, at=at)
    accounts = BillingAccount.objects.filter(account_number=number)
    waiting = ActivationCode.objects.filter(
        customer__in=accounts.values("customer"), used_at=None, until__gt=at
    ).select_related("customer")
    told = _plain(code)
    found = next((one for one in waiting if is_digest_of(one.digest, told, purpose=_PURPOSE)), None)
    if found is None:
        raise ActivationRefused
    forget_tries(kind=_KIND, of=number)
    return found


@transaction.atomic
def activate(*, code_key: int, email: str, password: str, language: str, at: datetime) -> User:
    """Use up the code: the confirmed address `email` gets a login with `password` and the role of the code.

    Whoever has a login under this address keeps it, password included, and gets the role in addition. Raises
    ActivationRefused where the code was used or replaced meanwhile, or the address may not log in.
    """
    code = ActivationCode.objects.filter(pk=code_key).first()
    if code is None:
        raise ActivationRefused
    customer = Customer.objects.select_for_update().get(pk=code.customer_id)
    code = ActivationCode.objects.filter(pk=code_key, used_at=None, until__gt=at).select_for_update().first()
    if code is None:
        raise ActivationRefused
    user, _ = login_of(email=email, password=password, name=customer.name, language=language, at=at)
    if not user.is_active:
        raise ActivationRefused
    take_up(user=user, offered=Membership(customer=customer, role=code.role), at=at)
    code.used_at, code.used_by = at, user
    code.save(update_fields=["used_at", "used_by"])
    log.info("activation.used", customer=customer.public_id, role=code.role, user=user.public_id)
    return user


def has_login(email: str) -> bool:
    """Whether this address has a login with a password: ask only once the address was confirmed."""
    user = User.objects.filter(email__iexact=email).first()
    return user is not None and user.has_usable_password()


def _plain(code: str) -> str:
    """Typed with or without hyphens, in any case."""
    return "".join(letter for letter in code.upper() if letter.isalnum())

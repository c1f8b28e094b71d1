"""First access with the number of a bill and a code from the utility. Nobody else signs up.

No single person of staff can let somebody in (decision 0038): a code is mailed to an owner on file, or one of staff
asks for it and another puts it into a letter or tells it. Only that other person ever sees it.
"""

import secrets
from datetime import datetime, timedelta

import structlog
from django.conf import settings
from django.db import transaction
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.utils.translation import override

from accounts.mail.sign_in import write_sign_in_mail
from accounts.models import (
    ActivationCode,
    BillingAccount,
    CodeWay,
    Customer,
    Membership,
    Role,
    RoleEvent,
    RoleVerb,
    User,
)
from accounts.queries.contacts import addresses_on_file, contacts_on_file
from accounts.services.accept_invitation import accept_role, get_or_create_login
from accounts.services.sign_in_locks import ACTIVATION, Origin, count_try, forget_tries
from accounts.signals import code_offered
from cdsc_portal.lib.secrets.sealed import digest, is_digest_of

log = structlog.get_logger(__name__)

VALID_DAYS = 30
_ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"  # nothing that looks alike on paper
_LENGTH = 12  # 58 bits
_GROUP = 4
_PURPOSE = "activation code"


class ActivationRefused(Exception):
    """The number and the code do not match, or the code expired. One reason for all: numbers cannot be probed."""

    code = "activation_refused"


class CodeRefused(ValueError):
    """Such a code is not given out. `code` says why: not_on_file, own_customer, needs_a_second_person, gone."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@transaction.atomic
def mail_code(
    *, customer: Customer, role: str, to: User, reason: str, by: User, at: datetime
) -> ActivationCode:
    """Mail a code for a first login as `role` to `to`, an owner on file, who passes it on; nobody of staff sees it.

    Raises CodeRefused: not_on_file, own_customer; ValueError for a delegate, who is invited by an owner.
    """
    if not contacts_on_file(customer=customer, at=at).filter(pk=to.pk).exists():
        raise CodeRefused("not_on_file")
    code = _new_code()
    offered = _create_pending_code(customer, role, CodeWay.MAIL, reason=reason, by=by, at=at)
    offered.sent_to, offered.digest, offered.handed_out_at = to, digest(code, purpose=_PURPOSE), at
    offered.save()
    with override(to.language):
        subject = _("A code for a first login")
        context = {
            "code": _grouped(code),
            "customer": " ".join(customer.name.split()),
            "days": VALID_DAYS,
            "language": to.language,
            "subject": subject,
            "link": f"{settings.PUBLIC_URL}/accounts/activate/",
            "utility": settings.UTILITY_NAME,
            "support_url": settings.SUPPORT_URL,
        }
        write_sign_in_mail(
            to=to.email,
            subject=f"{settings.UTILITY_NAME}: {subject}",
            text=render_to_string("emails/first_login.txt", context),
            html=render_to_string("emails/first_login.html", context),
            at=at,
        )
    return offered


@transaction.atomic
def ask_for_code(
    *, customer: Customer, role: str, way: str, address: str = "", reason: str, by: User, at: datetime
) -> ActivationCode:
    """Ask for a code that another of staff puts into a letter to `address`, one on file, or tells the person.

    There is no code before that. Raises CodeRefused: not_on_file, own_customer; ValueError for a delegate.
    """
    if way not in (CodeWay.LETTER, CodeWay.SPOKEN):
        raise ValueError(f"no code is asked for {way}")
    if way == CodeWay.LETTER and address not in addresses_on_file(customer=customer):
        raise CodeRefused("not_on_file")
    offered = _create_pending_code(customer, role, way, reason=reason, by=by, at=at)
    offered.address = address if way == CodeWay.LETTER else ""
    offered.save()
    return offered


@transaction.atomic
def hand_out_code(*, offered: ActivationCode, by: User, at: datetime) -> str:
    """The code that another asked for, such as `K7MQ-2XWD-9RTF`, returned only here; it works for 30 days from now.

    Raises CodeRefused: needs_a_second_person, own_customer, gone.
    """
    locked = ActivationCode.objects.select_for_update(of=("self",)).filter(pk=offered.pk).first()
    if locked is None or locked.digest or locked.used_at or locked.until <= at:
        raise CodeRefused("gone")
    if locked.issued_by_id in (None, by.pk):
        raise CodeRefused("needs_a_second_person")
    _refuse_own_customer(locked.customer_id, by)
    code = _new_code()
    locked.digest, locked.handed_out_by, locked.handed_out_at = digest(code, purpose=_PURPOSE), by, at
    locked.until = at + timedelta(days=VALID_DAYS)
    locked.save(update_fields=["digest", "handed_out_by", "handed_out_at", "until"])
    log.info("activation.handed_out", code=locked.pk, by=by.public_id)
    return _grouped(code)


def find_code(*, account_number: str, code: str, origin: Origin, at: datetime) -> ActivationCode:
    """The open code that fits the number of a bill.

    Raises ActivationRefused, or LockedError after too many tries at one number. An unknown number and
    a wrong code take the same queries.
    """
    number = account_number.strip()
    count_try(kind=ACTIVATION, of=number, origin=origin, at=at)
    accounts = BillingAccount.objects.filter(account_number=number)
    waiting = (
        ActivationCode.objects.filter(customer__in=accounts.values("customer"), used_at=None, until__gt=at)
        .exclude(way="")  # made by one person alone, by a release that allowed it
        .exclude(digest="")
        .select_related("customer")
    )
    plain_code = "".join(letter for letter in code.upper() if letter.isalnum())  # hyphens are optional
    matching = next(
        (candidate for candidate in waiting if is_digest_of(candidate.digest, plain_code, purpose=_PURPOSE)),
        None,
    )
    if matching is None:
        raise ActivationRefused
    forget_tries(kind=ACTIVATION, of=number, origin=origin)
    return matching


@transaction.atomic
def activate(*, code_key: int, email: str, name: str, password: str, language: str, at: datetime) -> User:
    """Use up the code: the confirmed address `email` gets a login with `name`, `password` and the role of the code.

    Whoever has a login under this address keeps it, password included, and gets the role in addition. Where the
    customer has an owner, or the code was told and not sent, the role waits before it may share. Raises
    ActivationRefused where the code was used or replaced meanwhile, or the address may not log in.
    """
    code = ActivationCode.objects.filter(pk=code_key).first()
    if code is None:
        raise ActivationRefused
    customer = Customer.objects.select_for_update().get(pk=code.customer_id)
    code = ActivationCode.objects.filter(pk=code_key, used_at=None, until__gt=at).select_for_update().first()
    if code is None:
        raise ActivationRefused
    user, _ = get_or_create_login(email=email, password=password, name=name, language=language, at=at)
    if not user.is_active:
        raise ActivationRefused
    accept_role(
        user=user,
        offered=Membership(customer=customer, role=code.role),
        is_vouched=code.way in (CodeWay.MAIL, CodeWay.LETTER),
        at=at,
    )
    code.used_at, code.used_by = at, user
    code.save(update_fields=["used_at", "used_by"])
    log.info("activation.used", customer=customer.public_id, role=code.role, user=user.public_id)
    return user


def has_login(email: str) -> bool:
    """Whether this address has a login with a password: ask only once the address was confirmed."""
    user = User.objects.filter(email__iexact=email).first()
    return user is not None and user.has_usable_password()


def _create_pending_code(
    customer: Customer, role: str, way: str, *, reason: str, by: User, at: datetime
) -> ActivationCode:
    """Create the row without its code; it replaces an open one for the same role. The owners are notified at once."""
    if role not in (Role.OWNER, Role.VIEWER):
        raise ValueError(f"no code makes somebody a {role}")
    _refuse_own_customer(customer.pk, by)
    ActivationCode.objects.filter(customer=customer, role=role, used_at=None).delete()
    offered = ActivationCode.objects.create(
        customer=customer,
        role=role,
        way=way,
        reason=reason,
        issued_by=by,
        created=at,
        until=at + timedelta(days=VALID_DAYS),
    )
    RoleEvent.objects.create(customer=customer, verb=RoleVerb.OFFERED, role=role, by=by, at=at)
    code_offered.send(sender=ActivationCode, code=offered, at=at)
    log.info("activation.offered", customer=customer.public_id, role=role, way=way, by=by.public_id)
    return offered


def _refuse_own_customer(customer: int, by: User) -> None:
    if Membership.objects.filter(customer=customer, user=by).exists():
        raise CodeRefused("own_customer")


def _new_code() -> str:
    return "".join(secrets.choice(_ALPHABET) for _place in range(_LENGTH))


def _grouped(code: str) -> str:
    return "-".join(code[start : start + _GROUP] for start in range(0, _LENGTH, _GROUP))

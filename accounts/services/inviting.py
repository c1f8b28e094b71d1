"""Owners invite people by mail; whoever reads the mail accepts."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.utils.translation import override

from accounts.mail.sign_in import write_sign_in_mail
from accounts.models import (
    BillingAccount,
    Customer,
    Invitation,
    Membership,
    Role,
    RoleEvent,
    RoleVerb,
    User,
)
from accounts.queries.roles import owns
from accounts.services.accept_invitation import accept_role, get_or_create_login
from accounts.services.people import require_role
from cdsc_portal.lib.db.public_ids import new_secret
from cdsc_portal.lib.secrets.sealed import digest, digests

VALID_FOR = timedelta(days=14)
LONGEST_DELEGATE = timedelta(days=5 * 366)
_PAUSE = timedelta(minutes=1)
_MOST_OPEN = 50  # invitations of one customer
_DAY = timedelta(days=1)
_MOST_A_DAY = (
    100  # mails of one customer; of withdrawn invitations too, else withdrawing would make room for more
)
_MOST_AGAIN = 5  # a day, of one invitation
_PURPOSE = "invitation"


class NotInvited(Exception):
    """The invitation is not open: unknown, too old, used, withdrawn, or its sender is no owner any more."""


class InvitingRefused(ValueError):
    """The role cannot be offered like this.

    `code`: not_yours, already_invited, already_has, too_many, too_many_today, too_soon, too_often, bad_end.
    """

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Offered:
    """A role as an owner offers it. `account` None = all accounts of the customer; `until` for a delegate only."""

    customer: Customer
    account: BillingAccount | None
    role: str
    may_share: bool
    until: datetime | None


@transaction.atomic
def invite(*, email: str, offered: Offered, by: User, at: datetime) -> Invitation:
    """Offer a role to whoever reads the mail to `email`, for 14 days.

    Raises InvitingRefused; whether the address has a login here changes nothing that `by` can see.
    """
    Customer.objects.select_for_update().get(pk=offered.customer.pk)
    account = offered.account.pk if offered.account else None
    if not owns(user=by, customer=offered.customer.pk, account=account, at=at):
        raise InvitingRefused("not_yours")
    require_role(
        customer=offered.customer, role=offered.role, billing_account=offered.account, until=offered.until
    )
    if offered.until is not None and not at < offered.until <= at + LONGEST_DELEGATE:
        raise InvitingRefused("bad_end")
    if email.lower() == by.email.lower():
        raise InvitingRefused("already_has")
    if _mails_of_the_day(offered.customer.pk, at).count() >= _MOST_A_DAY:
        raise InvitingRefused("too_many_today")
    waiting = Invitation.objects.filter(customer=offered.customer, accepted=None, withdrawn=None)
    if waiting.filter(expires__gt=at).count() >= _MOST_OPEN:
        raise InvitingRefused("too_many")
    # an expired invitation frees its place
    waiting.filter(expires__lte=at, email=email.lower()).update(withdrawn=at)
    key = new_secret()
    try:
        with transaction.atomic():
            invitation = Invitation.objects.create(
                customer=offered.customer,
                billing_account=offered.account,
                email=email.lower(),
                role=offered.role,
                may_share=offered.may_share and offered.role == Role.DELEGATE,
                until=offered.until,
                invited_by=by,
                digest=digest(key, purpose=_PURPOSE),
                created=at,
                sent=at,
                expires=at + VALID_FOR,
            )
    except IntegrityError as error:
        raise InvitingRefused("already_invited") from error
    _send_mail(invitation, key, at)
    _record_event(RoleVerb.INVITED, invitation, by, at)
    return invitation


@transaction.atomic
def invite_once_more(*, invitation: Invitation, by: User, at: datetime) -> None:
    """Mail another link; the one before opens nothing. `by` is its sender from now on, as whoever sent it may be gone.

    Raises InvitingRefused: not_yours, too_soon, too_often, too_many_today; NotInvited, also where the role is over.
    """
    Customer.objects.select_for_update().get(pk=invitation.customer_id)
    locked = _lock_open(Invitation.objects.filter(pk=invitation.pk))
    _must_own(locked, by, at)
    if locked.until is not None and locked.until <= at:
        raise NotInvited
    if locked.sent + _PAUSE > at:
        raise InvitingRefused("too_soon")
    mails = _mails_of_the_day(locked.customer_id, at)
    again = mails.filter(
        verb=RoleVerb.SENT_AGAIN, billing_account=locked.billing_account_id, email=locked.email
    )
    if again.count() >= _MOST_AGAIN:
        raise InvitingRefused("too_often")
    if mails.count() >= _MOST_A_DAY:
        raise InvitingRefused("too_many_today")
    key = new_secret()
    locked.invited_by = by
    locked.digest, locked.sent, locked.expires = digest(key, purpose=_PURPOSE), at, at + VALID_FOR
    locked.save(update_fields=["invited_by", "digest", "sent", "expires"])
    _send_mail(locked, key, at)
    _record_event(RoleVerb.SENT_AGAIN, locked, by, at)


@transaction.atomic
def withdraw(*, invitation: Invitation, by: User, at: datetime) -> None:
    """The link stops working. Raises InvitingRefused: not_yours; NotInvited: it is over already."""
    locked = _lock_open(Invitation.objects.filter(pk=invitation.pk))
    _must_own(locked, by, at)
    locked.withdrawn = at
    locked.save(update_fields=["withdrawn"])
    _record_event(RoleVerb.WITHDRAWN, locked, by, at)


def find_invitation(*, key: str, at: datetime) -> Invitation:
    """The open invitation of a link. Raises NotInvited."""
    key_digests = digests(key, purpose=_PURPOSE)
    invitation = (
        Invitation.objects.filter(digest__in=key_digests, accepted=None, withdrawn=None, expires__gt=at)
        .select_related("customer", "billing_account", "invited_by")
        .first()
    )
    if invitation is None or not _is_acceptable(invitation, at):
        raise NotInvited
    return invitation


@transaction.atomic
def accept(*, invitation: Invitation, user: User, at: datetime) -> Membership:
    """`user`, whose address is the invited one, gets the role; who has a higher one keeps it. It shares at once, as
    the owner who invited agreed to it.

    Raises NotInvited: it is over, or was sent to another address.
    """
    Customer.objects.select_for_update().get(pk=invitation.customer_id)
    locked = _lock_open(Invitation.objects.filter(pk=invitation.pk, expires__gt=at))
    if locked.email != user.email.lower() or not _is_acceptable(locked, at):
        raise NotInvited
    locked.accepted = at
    locked.save(update_fields=["accepted"])
    offered = Membership(
        customer_id=locked.customer_id,
        billing_account_id=locked.billing_account_id,
        role=locked.role,
        may_share=locked.may_share,
        until=locked.until,
    )
    return accept_role(user=user, offered=offered, is_agreed=True, at=at)


@transaction.atomic
def accept_with_new_login(
    *, invitation: Invitation, name: str, password: str, language: str, at: datetime
) -> User:
    """A login for the invited address, which the mail's link proved, with the role that was offered.

    Raises NotInvited: it is over, the address has a login with a password meanwhile, or none may log in with it.
    """
    user, is_opened = get_or_create_login(
        email=invitation.email, password=password, name=name, language=language, at=at
    )
    if not is_opened:
        raise NotInvited
    accept(invitation=invitation, user=user, at=at)
    return user


def _mails_of_the_day(customer: int, at: datetime) -> QuerySet[RoleEvent]:
    """A line of the history for each mail that an invitation of the customer (database key) made."""
    sent = (RoleVerb.INVITED, RoleVerb.SENT_AGAIN)
    return RoleEvent.objects.filter(customer=customer, verb__in=sent, at__gt=at - _DAY)


def _is_acceptable(invitation: Invitation, at: datetime) -> bool:
    """Its sender still owns what it offers, and the role would not be over at once."""
    if invitation.until is not None and invitation.until <= at:
        return False
    account = invitation.billing_account_id
    return owns(user=invitation.invited_by, customer=invitation.customer_id, account=account, at=at)


def _lock_open(invitations: QuerySet[Invitation]) -> Invitation:
    locked = invitations.select_for_update(of=("self",)).filter(accepted=None, withdrawn=None).first()
    if locked is None:
        raise NotInvited
    return locked


def _must_own(invitation: Invitation, by: User, at: datetime) -> None:
    account = invitation.billing_account_id
    if not owns(user=by, customer=invitation.customer_id, account=account, at=at):
        raise InvitingRefused("not_yours")


def _record_event(verb: RoleVerb, invitation: Invitation, by: User, at: datetime) -> None:
    RoleEvent.objects.create(
        customer_id=invitation.customer_id,
        billing_account_id=invitation.billing_account_id,
        email=invitation.email,
        verb=verb,
        role=invitation.role,
        until=invitation.until,
        by=by,
        at=at,
    )


def _send_mail(invitation: Invitation, key: str, at: datetime) -> None:
    """In the language of whoever invites: an address that may have no login has none of its own."""
    with override(invitation.invited_by.language):
        words = {
            "person": " ".join(str(invitation.invited_by).split()),
            "utility": settings.UTILITY_NAME,
        }
        subject = _("%(person)s invites you to their energy account") % words
        context = {
            **words,
            "subject": subject,
            "language": invitation.invited_by.language,
            "support_url": settings.SUPPORT_URL,
            "link": f"{settings.PUBLIC_URL}/accounts/join/{key}/",
            "days": VALID_FOR.days,
        }
        write_sign_in_mail(
            to=invitation.email,
            subject=subject,
            text=render_to_string("emails/invited.txt", context),
            html=render_to_string("emails/invited.html", context),
            at=at,
        )

"""Receivers of accounts' signals: what a change of roles means for grants, and the mail about it; and what migrations
leave to be made."""

from datetime import datetime
from typing import Any

from django.apps import apps as installed_apps
from django.apps.registry import Apps
from django.db.models import Q
from django.dispatch import receiver

from accounts.models import ActivationCode, BillingAccount, Membership, Role, ServiceContract, User
from accounts.signals import (
    address_corrected,
    code_offered,
    membership_ended,
    notice_changed,
    role_agreed,
    role_given,
)
from consent.mail.personal import mail_delegate_role
from consent.mail.roles import (
    mail_agreement,
    mail_login_code,
    mail_new_address,
    mail_new_login,
    mail_notice,
)
from consent.services.scope_offers import make_first_offers
from consent.services.server_description import make_server_description
from consent.services.stop import remove_former_owners_services


@receiver(membership_ended, dispatch_uid="remove_former_owners_services")
def follow_owner(sender: Any, *, membership: Membership, at: datetime, **_news: Any) -> None:
    """An owner who leaves takes the account out of grants they gave; a delegate's end leaves them as they are."""
    if membership.role != Role.OWNER:
        return
    reached = Q(customer=membership.customer_id)
    if membership.billing_account_id:
        reached = Q(pk=membership.billing_account_id)
    accounts = BillingAccount.objects.filter(reached)
    contracts = ServiceContract.objects.filter(billing_account__in=accounts)
    remove_former_owners_services(
        owner=membership.user,
        contracts=list(contracts.values_list("pk", flat=True)),
        accounts=list(accounts.values_list("pk", flat=True)),
        at=at,
    )


@receiver(role_given, dispatch_uid="mail_role")
def mail_owners(sender: Any, *, membership: Membership, at: datetime, **_news: Any) -> None:
    """Mail the owners who can act for them and since or until when; a delegate, too."""
    if membership.role == Role.DELEGATE:
        mail_delegate_role(membership=membership, at=at)
    else:
        mail_new_login(membership=membership, at=at)


@receiver(role_agreed, dispatch_uid="mail_agreement")
def mail_who_waited(sender: Any, *, membership: Membership, by: User, at: datetime, **_news: Any) -> None:
    mail_agreement(membership=membership, by=by, at=at)


@receiver(notice_changed, dispatch_uid="mail_notice")
def mail_all_owners(sender: Any, *, membership: Membership, by: User, at: datetime, **_news: Any) -> None:
    mail_notice(membership=membership, by=by, at=at)


@receiver(code_offered, dispatch_uid="mail_login_code")
def mail_offered_code(sender: Any, *, code: ActivationCode, at: datetime, **_news: Any) -> None:
    mail_login_code(code=code, at=at)


@receiver(address_corrected, dispatch_uid="mail_new_address")
def mail_corrected_address(sender: Any, *, user: User, at: datetime, **_news: Any) -> None:
    mail_new_address(user=user, at=at)


def make_rows_of_the_server(sender: Any, *, apps: Apps = installed_apps, **_news: Any) -> None:
    """Rows that are there after each `migrate`, unless it went back before their table."""
    tables = apps.all_models["consent"]
    if "serverdescription" in tables:
        make_server_description()
    if "scopeoffer" in tables:
        make_first_offers()

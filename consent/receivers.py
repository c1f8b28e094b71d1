"""News of accounts that grants must hear of."""

from datetime import datetime
from typing import Any

from django.db.models import Q
from django.dispatch import receiver

from accounts.models import BillingAccount, Membership, Role, ServiceContract
from accounts.signals import membership_ended, role_given
from consent.services.letters import tell_of_delegate
from consent.services.stop import take_out_what_left


@receiver(membership_ended, dispatch_uid="take_out_what_left")
def follow_owner(sender: Any, *, membership: Membership, at: datetime, **_news: Any) -> None:
    """An owner who leaves takes the account out of grants they gave; a delegate's end leaves them as they are."""
    if membership.role != Role.OWNER:
        return
    reached = Q(customer=membership.customer_id)
    if membership.billing_account_id:
        reached = Q(pk=membership.billing_account_id)
    accounts = BillingAccount.objects.filter(reached)
    contracts = ServiceContract.objects.filter(billing_account__in=accounts)
    take_out_what_left(
        owner=membership.user,
        contracts=list(contracts.values_list("pk", flat=True)),
        accounts=list(accounts.values_list("pk", flat=True)),
        at=at,
    )


@receiver(role_given, dispatch_uid="tell_of_delegate")
def tell_owners(sender: Any, *, membership: Membership, at: datetime, **_news: Any) -> None:
    """The owners, and the delegate, are told who can act for them and until when."""
    if membership.role == Role.DELEGATE:
        tell_of_delegate(membership=membership, at=at)

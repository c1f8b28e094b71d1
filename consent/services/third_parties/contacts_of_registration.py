"""Who registered a third party by the form becomes its first contact."""

from datetime import datetime

from django.db import transaction

from accounts.models import User
from consent.models import ClientContact, Registration


@transaction.atomic
def add_first_contact(*, registration: Registration, user: User, at: datetime) -> bool:
    """Let `user` see and manage the registration at /developer/; False where it has contacts, or for staff.

    A contact that there is may add others; who comes later by an old form may not.
    """
    registration = Registration.objects.select_for_update(no_key=True).get(pk=registration.pk)
    if user.is_staff or registration.contacts.exists():
        return False
    client = registration.clients.order_by("pk").first()
    if client is None:
        return False
    ClientContact.objects.create(registration=registration, client=client, user=user, created=at)
    return True

"""Registrations that nobody used end by themselves, so that whoever registers by program fills no table."""

from datetime import datetime, timedelta
from functools import partial

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from cdsc_portal.lib.runtime.each import for_each
from consent.models import Client, ClientContact, ConsentRequest, Grant, Message, Registration
from consent.scopes.base import CLIENT_ADMIN


def delete_unused(*, at: datetime) -> int:
    """Delete registrations by program that got no token and asked no customer in UNUSED_REGISTRATION_DAYS; how many.

    Each in its own transaction; one that fails stops no other. Raises SomeFailed once all were tried.
    """
    before = at - timedelta(days=settings.UNUSED_REGISTRATION_DAYS)
    return for_each(
        "registration.not_deleted", _unused(before).order_by("pk"), partial(_delete, before=before)
    )


def _unused(before: datetime) -> QuerySet[Registration]:
    """Those that registered by API, and of whose objects nothing is known but that they exist."""
    of_clients = {"client__registration": OuterRef("pk")}
    return Registration.objects.filter(
        Exists(Client.objects.filter(registration=OuterRef("pk"), allowed_scopes__contains=[CLIENT_ADMIN])),
        ~Exists(Grant.objects.filter(**of_clients)),
        ~Exists(ConsentRequest.objects.filter(**of_clients)),
        ~Exists(ClientContact.objects.filter(registration=OuterRef("pk"))),
        ~Exists(Message.objects.filter(registration=OuterRef("pk"), by_client=True)),
        created__lt=before,
    )


@transaction.atomic
def _delete(registration: Registration, *, before: datetime) -> bool:
    clients = list(Client.objects.select_for_update().filter(registration=registration).order_by("pk"))
    if not _unused(before).filter(pk=registration.pk).exists():
        return False
    registration.steps.all().delete()
    registration.reviews.all().delete()
    registration.messages.update(first=None, previous=None)  # each may go alone
    registration.messages.all().delete()
    Client.objects.filter(pk__in=[client.pk for client in clients]).delete()
    registration.delete()
    return True

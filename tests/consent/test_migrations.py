"""What migrations of data do to rows that a former release left."""

from importlib import import_module

import pytest
from django.apps import apps
from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType
from django.db import connection

from consent.models import Client, ClientContact, Credential, Message, Registration
from tests.factories.accounts import UserFactory
from tests.factories.consent import ClientFactory

pytestmark = pytest.mark.django_db


def test_permissions_for_consents_former_table_of_mail_are_deleted_with_what_groups_had_of_them():
    former = ContentType.objects.create(app_label="consent", model="outgoingmail")
    view = Permission.objects.create(content_type=former, codename="view_outgoingmail", name="Can view mail")
    group = Group.objects.create(name="Staff of before")
    group.permissions.add(view, Permission.objects.get(codename="view_grant"))

    import_module("consent.migrations.0019_delete_former_mail_permissions").delete_permissions(apps, None)

    assert [permission.codename for permission in group.permissions.all()] == ["view_grant"]
    assert Permission.objects.filter(codename="view_outgoingmail").count() == 1  # of the queue in accounts


def test_each_client_of_before_becomes_the_only_object_of_a_registration_of_its_own():
    client = ClientFactory(name="Sunny Savings", status="sandbox", client_type="public")
    ClientContact.objects.create(client=client, user=UserFactory())
    Message.objects.create(
        client=client, name="Help", type="support_request", status="pending", by_client=True
    )
    for model in (ClientContact, Message, Client):
        model.objects.update(registration=None)
    Registration.objects.all().delete()

    import_module("consent.migrations.0021_registration_of_each_client").give_registrations(apps, None)

    client.refresh_from_db()
    registration = Registration.objects.get()
    assert (registration.name, registration.created) == ("Sunny Savings", client.created)
    assert client.registration == registration
    assert (client.auth_method, client.status_options) == ("none", ["sandbox", "disabled"])
    assert client.modified == client.updated
    assert ClientContact.objects.get().registration == Message.objects.get().registration == registration


@pytest.mark.spec("R-138")
def test_a_credential_that_the_release_before_wrote_has_an_id_of_its_own():
    client = ClientFactory()
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO consent_credential (client_id, created) VALUES (%s, now())", [client.pk])

    ids = {credential.public_id for credential in Credential.objects.all()}
    assert len(ids) == 2
    assert all(ids)

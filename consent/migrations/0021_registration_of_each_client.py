from django.db import migrations
from django.db.models import F

from cdsc_portal.lib.db.public_ids import new_public_id


def give_registrations(apps, schema_editor):
    """Each client becomes the only object of a registration of its own, which has no object for the APIs."""
    client_model = apps.get_model("consent", "Client")
    clients = client_model.objects
    for client in clients.filter(registration=None).order_by("pk"):
        client.registration = apps.get_model("consent", "Registration").objects.create(
            public_id=new_public_id(), name=client.name, created=client.created, modified=client.created
        )
        client.modified = client.updated
        if client.client_type == "public":
            client.auth_method = "none"
        if client.status == "sandbox":
            client.status_options = ["sandbox", "disabled"]
        client.save(update_fields=["registration", "modified", "auth_method", "status_options"])
        clients.filter(pk=client.pk).update(updated=client.updated)  # the library moves it with each save
        client.contacts.update(registration=client.registration)
        client.messages.update(registration=client.registration)
    credentials = apps.get_model("consent", "Credential").objects
    credentials.update(modified=F("created"))


class Migration(migrations.Migration):
    """Every client, contact and message of before belongs to a registration."""

    dependencies = [("consent", "0020_registrations")]

    operations = [migrations.RunPython(give_registrations, migrations.RunPython.noop)]

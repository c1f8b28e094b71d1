"""What migrations of data do to rows that a former release left."""

from importlib import import_module

import pytest
from django.apps import apps
from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType

pytestmark = pytest.mark.django_db


def test_permissions_for_consents_former_table_of_mail_are_deleted_with_what_groups_had_of_them():
    former = ContentType.objects.create(app_label="consent", model="outgoingmail")
    view = Permission.objects.create(content_type=former, codename="view_outgoingmail", name="Can view mail")
    group = Group.objects.create(name="Staff of before")
    group.permissions.add(view, Permission.objects.get(codename="view_grant"))

    import_module("consent.migrations.0019_delete_former_mail_permissions").delete_permissions(apps, None)

    assert [permission.codename for permission in group.permissions.all()] == ["view_grant"]
    assert Permission.objects.filter(codename="view_outgoingmail").count() == 1  # of the queue in accounts

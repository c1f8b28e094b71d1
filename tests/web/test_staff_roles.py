"""What each role of staff may look at and do, and nothing else."""

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group, Permission
from django.core.management import call_command
from django.urls import reverse

from cdsc_portal.web.staff_roles import ADMINISTRATOR, DATA, ONBOARDING, OURS, ROLES, SUPPORT
from tests.factories.accounts import UserFactory, household
from tests.support.admin_pages import of_role

pytestmark = [pytest.mark.django_db, pytest.mark.spec("P-23")]
EVERYBODY = frozenset(ROLES)
# the list of each kind of record, and who may open it
LISTS = {
    "accounts.customer": {SUPPORT, DATA, ADMINISTRATOR},
    "accounts.helpcase": {SUPPORT, ADMINISTRATOR},
    "accounts.user": {SUPPORT, ONBOARDING, ADMINISTRATOR},  # to name the contacts of third parties
    "accounts.billingaccount": {SUPPORT, DATA, ADMINISTRATOR},
    "accounts.servicecontract": {SUPPORT, DATA, ADMINISTRATOR},
    "accounts.premise": {SUPPORT, DATA, ADMINISTRATOR},
    "accounts.servicepoint": {SUPPORT, DATA, ADMINISTRATOR},
    "accounts.meterdevice": {SUPPORT, DATA, ADMINISTRATOR},
    "accounts.entity": {SUPPORT, DATA, ADMINISTRATOR},
    "accounts.program": {SUPPORT, DATA, ADMINISTRATOR},
    "accounts.activationcode": {SUPPORT, ADMINISTRATOR},
    "accounts.linkchange": {DATA, ADMINISTRATOR},
    "accounts.staffaction": {ADMINISTRATOR},
    "accounts.supportsession": {SUPPORT, ADMINISTRATOR},
    "auth.group": {ADMINISTRATOR},
    "consent.client": {SUPPORT, ONBOARDING, ADMINISTRATOR},
    "accounts.roleevent": {SUPPORT, ADMINISTRATOR},
    "consent.clientcontact": {ONBOARDING, ADMINISTRATOR},
    "consent.message": {ONBOARDING, ADMINISTRATOR},
    "consent.scopesetting": {ONBOARDING, ADMINISTRATOR},
    "consent.registration": {ONBOARDING, ADMINISTRATOR},
    "consent.registrationfield": {ONBOARDING, ADMINISTRATOR},
    "consent.registrationfile": {ONBOARDING, ADMINISTRATOR},
    "consent.registrationstep": {ONBOARDING, ADMINISTRATOR},
    "consent.review": {ONBOARDING, ADMINISTRATOR},
    "consent.providedfile": {ONBOARDING, ADMINISTRATOR},
    "consent.scopeoffer": {ONBOARDING, ADMINISTRATOR},
    "consent.serverdescription": {ONBOARDING, ADMINISTRATOR},
    "consent.coverageentry": {ONBOARDING, ADMINISTRATOR},
    "consent.consentrequest": {SUPPORT, ONBOARDING, ADMINISTRATOR},
    "consent.grant": {SUPPORT, ADMINISTRATOR},
    "consent.grantevent": {SUPPORT, ADMINISTRATOR},
    "consent.recordedconsent": {SUPPORT, ADMINISTRATOR},
    "consent.receipt": {SUPPORT, ADMINISTRATOR},
    "consent.disclosure": {SUPPORT, DATA, ADMINISTRATOR},
    "accounts.outgoingmail": {SUPPORT, ADMINISTRATOR},
    "datahub.billstatement": {SUPPORT, DATA, ADMINISTRATOR},
    "datahub.channel": {DATA, ADMINISTRATOR},
    "datahub.feed": {DATA, ADMINISTRATOR},
    "datahub.feedrun": {DATA, ADMINISTRATOR},
    "datahub.feedsource": {DATA, ADMINISTRATOR},
    "datahub.mixshare": {DATA, ADMINISTRATOR},
    "datahub.mixamount": {DATA, ADMINISTRATOR},
    "datahub.mixday": {DATA, ADMINISTRATOR},
    "datahub.openrelease": {DATA, ADMINISTRATOR},
    "datahub.parkedreadings": {DATA, ADMINISTRATOR},
    "datahub.partitionrecord": {DATA, ADMINISTRATOR},
    "datahub.rejectedrow": {DATA, ADMINISTRATOR},
    "datahub.stafftoken": {DATA, ADMINISTRATOR},
}
# what changes something, and who may
DOES = {
    "accounts.add_supportsession": {SUPPORT, ADMINISTRATOR},
    "accounts.help_sign_in": {SUPPORT, ADMINISTRATOR},
    "accounts.issue_activation_code": {SUPPORT, ADMINISTRATOR},
    "accounts.hand_out_activation_code": {SUPPORT, ADMINISTRATOR},
    "accounts.manage_staff": {ADMINISTRATOR},
    "accounts.change_user": {ADMINISTRATOR},
    "accounts.change_customer": {ADMINISTRATOR},
    "accounts.change_servicecontract": {DATA, ADMINISTRATOR},
    "accounts.change_meterinstallation": {DATA, ADMINISTRATOR},
    "accounts.delete_gridplacement": {DATA, ADMINISTRATOR},
    "accounts.delete_meterinstallation": {ADMINISTRATOR},
    "consent.add_recordedconsent": {SUPPORT, ADMINISTRATOR},
    "consent.confirm_recordedconsent": {SUPPORT, ADMINISTRATOR},
    "consent.change_grant": {SUPPORT, ADMINISTRATOR},
    "accounts.change_outgoingmail": {SUPPORT, ADMINISTRATOR},
    "consent.change_client": {ONBOARDING, ADMINISTRATOR},
    "consent.change_message": {ONBOARDING, ADMINISTRATOR},
    "consent.change_scopesetting": {ONBOARDING, ADMINISTRATOR},
    "consent.change_registrationfield": {ONBOARDING, ADMINISTRATOR},
    "consent.change_review": {ONBOARDING, ADMINISTRATOR},
    "datahub.add_feedrun": {DATA, ADMINISTRATOR},
    "datahub.change_feed": {DATA, ADMINISTRATOR},
}


@pytest.mark.parametrize("role", ROLES)
def test_a_role_opens_its_lists_and_no_other(client, role):
    client.force_login(of_role(role))

    opened = {
        model._meta.label_lower
        for model in admin.site._registry
        if client.get(
            reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
        ).status_code
        == 200
    }

    assert opened == {name for name, roles in LISTS.items() if role in roles}


def test_every_list_is_in_the_table():
    assert {model._meta.label_lower for model in admin.site._registry} == set(LISTS)


@pytest.mark.parametrize("role", ROLES)
def test_a_role_does_what_it_should_and_nothing_else(role):
    clerk = of_role(role)

    assert {name for name in DOES if clerk.has_perm(name)} == {
        name for name, who in DOES.items() if role in who
    }


def test_migrate_makes_the_groups_with_their_permissions():
    Group.objects.all().delete()
    Permission.objects.filter(content_type__app_label__in=OURS).delete()

    call_command("migrate", verbosity=0)

    assert set(Group.objects.values_list("name", flat=True)) == set(ROLES)
    for role, needed in ROLES.items():
        assert of_role(role).has_perms(needed), role


def test_making_the_roles_again_changes_nothing_and_takes_nothing_away():
    of_role(SUPPORT)
    support = Group.objects.get(name=SUPPORT)
    extra = Permission.objects.get(codename="view_feed", content_type__app_label="datahub")
    support.permissions.add(extra)
    before = set(support.permissions.values_list("pk", flat=True))

    call_command("migrate", verbosity=0)

    assert set(support.permissions.values_list("pk", flat=True)) == before
    assert Group.objects.filter(name__in=ROLES).count() == len(ROLES)


def test_every_permission_that_a_role_names_exists():
    for role, named in ROLES.items():
        clerk = of_role(role)
        assert {name for name in named if not clerk.has_perm(name)} == set(), role


@pytest.mark.parametrize("role", [SUPPORT, DATA, ONBOARDING])
def test_no_role_but_the_administrators_says_who_is_staff(client, role):
    client.force_login(of_role(role))
    customer = household().owner

    client.post(f"/admin/accounts/user/{customer.pk}/change/", {"is_staff": "on"})

    customer.refresh_from_db()
    assert not customer.is_staff


def test_an_administrator_gives_roles_to_others_but_not_to_themselves_and_makes_no_superuser(client):
    chief, clerk = of_role(ADMINISTRATOR), UserFactory(is_staff=True)
    client.force_login(chief)

    theirs = client.get(f"/admin/accounts/user/{clerk.pk}/change/").content.decode()
    own = client.get(f"/admin/accounts/user/{chief.pk}/change/").content.decode()

    assert 'name="groups"' in theirs
    assert 'name="is_superuser"' not in theirs
    assert 'name="groups"' not in own

"""Every table that staff take away as a file asks for `export_records` and is logged."""

from collections.abc import Iterator
from datetime import date

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import Group, Permission
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from accounts.models import StaffAction, User
from accounts.services.support_sessions import start_support_session
from cdsc_portal.lib.time import clock
from cdsc_portal.web.staff_roles import ROLES, SUPPORT, make_roles
from consent.models import Disclosure
from datahub.models import Channel, RejectedRow
from tests.factories.accounts import UserFactory, household
from tests.factories.consent import approve, ask
from tests.factories.feeds import FeedFactory, FeedRunFactory, load_days

pytestmark = [pytest.mark.django_db, pytest.mark.spec("P-23")]


def _addresses(patterns: list[URLPattern | URLResolver], before: str = "") -> Iterator[tuple[str, str]]:
    for one in patterns:
        where = f"{before}{one.pattern}"
        if isinstance(one, URLResolver):
            yield from _addresses(one.url_patterns, where)
        elif ".csv" in where:
            yield where, f"admin:{one.name}"


def _files() -> dict[str, str]:
    """The address of each CSV under /admin/, by its name; found in the routes, so that a new one is here too."""
    run = FeedRunFactory(feed=FeedFactory(format="usage_csv_long"))
    RejectedRow.objects.create(run=run, line=2, reason="unknown meter", text="a,b")
    routes = [one for one in get_resolver().url_patterns if str(one.pattern).startswith("admin")]
    return {
        name: reverse(name, kwargs={"pk": run.pk} if "<int:pk>" in where else {})
        for where, name in _addresses(routes)
    }


def _lists() -> Iterator[tuple[str, int]]:
    """The address of each list that offers its rows as a table, and a row of it."""
    for model, page in admin.site._registry.items():
        if "as_csv" in (page.actions or ()):
            path = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
            yield path, model.objects.first().pk


def _of_role(role: str, *, may: bool) -> User:
    make_roles(apps.get_app_config("web"))
    clerk, group = UserFactory(is_staff=True), Group.objects.get(name=role)
    export = Permission.objects.get(codename="export_records")
    (group.permissions.add if may else group.permissions.remove)(export)
    clerk.groups.add(group)
    return clerk


def _is_file(answer) -> bool:
    return answer.headers.get("Content-Disposition", "").startswith("attachment")


@pytest.mark.parametrize("may", [True, False])
@pytest.mark.parametrize("role", ROLES)
def test_a_role_takes_a_table_only_where_it_may_export(client, role, may):
    client.force_login(_of_role(role, may=may))
    home = household()
    load_days(home.meter, date(2026, 3, 1), 1)
    grant = approve(ask({"type": "usage_data", "services": "all"}, user=home.owner))
    Disclosure.objects.create(grant=grant, scope="usage_data", resource="usage_data", value_count=96)
    files, lists = _files(), dict(_lists())

    taken = {
        name
        for name, path in files.items()
        if _is_file(client.get(path, {"channel": Channel.objects.first().pk}))
    }
    ticked = {
        path
        for path, row in lists.items()
        if _is_file(client.post(path, {"action": "as_csv", "_selected_action": row}))
    }

    assert (len(files), len(lists)) == (4, 4)
    assert StaffAction.objects.filter(verb="export").count() == len(taken) + len(ticked)
    if not may:
        assert taken | ticked == set()
    elif role == "administrator":
        assert taken | ticked >= {
            *lists,
            "admin:datahub_corrections_csv",
            "admin:accounts_linkchange_affected_csv",
        }


@pytest.mark.parametrize("may", [True, False])
def test_an_agent_takes_a_table_from_the_customers_pages_only_where_they_may_export(client, may):
    agent, home = _of_role(SUPPORT, may=may), household()
    client.force_login(agent)
    grant = approve(ask({"type": "usage_data", "services": "all"}, user=home.owner))
    visit = start_support_session(person=home.owner, by=agent, reason="asked about reads", at=clock.now())[
        0
    ].visit

    answer = client.get(f"/admin/as/{visit}/my/sharing/{grant.public_id}/reads.csv")

    assert (_is_file(answer), answer.status_code) == ((True, 200) if may else (False, 403))
    assert StaffAction.objects.filter(verb="export").exists() == may

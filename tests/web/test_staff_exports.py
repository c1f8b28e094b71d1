"""Every table that staff take away as a file asks for `export_records` and is logged."""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import Group, Permission
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from accounts.models import Session, StaffAction, User
from accounts.services.support_sessions import start_support_session
from cdsc_portal.lib.http.checked_stream import CHECK_BYTES, BrokenOffError
from cdsc_portal.lib.time import clock
from cdsc_portal.web.staff_roles import DATA, ROLES, SUPPORT, make_roles
from consent.models import Disclosure
from datahub.models import Channel, FeedRun, RejectedRow
from tests.factories.accounts import UserFactory, household
from tests.factories.consent import approve, ask
from tests.factories.feeds import FeedFactory, FeedRunFactory, load_days

pytestmark = [pytest.mark.django_db, pytest.mark.spec("P-23")]


def _addresses(patterns: list[URLPattern | URLResolver], before: str = "") -> Iterator[tuple[str, str]]:
    for pattern in patterns:
        where = f"{before}{pattern.pattern}"
        if isinstance(pattern, URLResolver):
            yield from _addresses(pattern.url_patterns, where)
        elif ".csv" in where:
            yield where, f"admin:{pattern.name}"


def _files() -> dict[str, str]:
    """The address of each CSV under /admin/, by its name; found in the routes, so that a new one is here too."""
    run = FeedRunFactory(feed=FeedFactory(format="usage_csv_long"))
    RejectedRow.objects.create(run=run, line=2, reason="unknown meter", text="a,b")
    routes = [route for route in get_resolver().url_patterns if str(route.pattern).startswith("admin")]
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


def _no_permission(codename: str) -> Callable[[User], None]:
    def stop(clerk: User) -> None:
        clerk.groups.get().permissions.remove(Permission.objects.get(codename=codename))

    return stop


STOPS = {
    "may not export any more": _no_permission("export_records"),
    "may not see the rows any more": _no_permission("view_feedrun"),
    "may not sign in any more": lambda clerk: User.objects.filter(pk=clerk.pk).update(is_active=False),
    "is no staff any more": lambda clerk: User.objects.filter(pk=clerk.pk).update(is_staff=False),
    "logged out": lambda clerk: Session.objects.all().delete(),
    "all sessions ended": lambda clerk: User.objects.filter(pk=clerk.pk).update(session_round=1),
}


def _long_run() -> FeedRun:
    run = FeedRunFactory(feed=FeedFactory(format="usage_csv_long"))
    RejectedRow.objects.bulk_create(
        RejectedRow(run=run, line=line, reason="unknown meter", text="a" * 10_000) for line in range(300)
    )
    return run


@pytest.mark.parametrize("stop", STOPS)
def test_a_table_breaks_off_within_a_megabyte_once_its_reader(client, stop):
    run, clerk = _long_run(), _of_role(DATA, may=True)
    client.force_login(clerk)
    stream = iter(client.get(f"/admin/datahub/feedrun/{run.pk}/rejected.csv").streaming_content)
    next(stream)

    STOPS[stop](clerk)
    late = 0
    with pytest.raises(BrokenOffError):
        for piece in stream:
            late += len(piece)

    assert late <= CHECK_BYTES


def test_a_table_breaks_off_within_a_second_too(client):
    run, clerk = _long_run(), _of_role(DATA, may=True)
    client.force_login(clerk)
    with time_machine.travel(datetime(2026, 11, 24, tzinfo=UTC), tick=False) as clocks:
        client.force_login(clerk)
        stream = iter(client.get(f"/admin/datahub/feedrun/{run.pk}/rejected.csv").streaming_content)
        next(stream)
        STOPS["logged out"](clerk)
        clocks.shift(timedelta(seconds=1))

        with pytest.raises(BrokenOffError):
            next(stream)


def test_a_table_of_somebody_who_may_go_on_is_whole(client):
    run = _long_run()
    client.force_login(_of_role(DATA, may=True))

    answer = client.get(f"/admin/datahub/feedrun/{run.pk}/rejected.csv")
    lines = b"".join(answer.streaming_content).splitlines()

    assert len(lines) == 1 + 300


@pytest.mark.parametrize("ends", ["the agent's login", "the permission", "the support session"])
def test_a_table_of_a_customers_pages_breaks_off_with(client, ends):
    agent, home = _of_role(SUPPORT, may=True), household()
    grant = approve(ask({"type": "usage_data", "services": "all"}, user=home.owner))
    Disclosure.objects.bulk_create(
        Disclosure(grant=grant, scope="usage_data", resource="usage_data", value_count=96)
        for _ in range(2_000)
    )
    client.force_login(agent)
    with time_machine.travel(clock.now(), tick=False) as clocks:
        visit = start_support_session(person=home.owner, by=agent, reason="asked about reads", at=clock.now())
        address = f"/admin/as/{visit[0].visit}/my/sharing/{grant.public_id}/reads.csv"
        stream = iter(client.get(address).streaming_content)
        next(stream)
        if ends == "the agent's login":
            Session.objects.all().delete()
        elif ends == "the permission":
            _no_permission("export_records")(agent)
        clocks.shift(timedelta(hours=1) if ends == "the support session" else timedelta(seconds=1))

        with pytest.raises(BrokenOffError):
            next(stream)

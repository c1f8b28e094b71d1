"""The address of a staff list asks nothing that the list does not offer."""

from collections.abc import Iterator

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import AnonymousUser, Group, Permission
from django.db.models import Model
from django.test import RequestFactory
from django.urls import reverse

from accounts.models import User
from cdsc_portal.web.staff_roles import ROLES, make_roles
from tests.factories.accounts import StaffFactory, UserFactory, household
from tests.factories.consent import approve, ask

pytestmark = [pytest.mark.django_db, pytest.mark.spec("X-18")]

_OPERATORS = (
    "", "__exact", "__iexact", "__contains", "__startswith", "__endswith", "__regex", "__gt", "__gte", "__lt", "__in",
    "__range", "__isnull", "__isempty", "__year", "__month", "__day",
)  # fmt: skip
_SECRETS = (
    "password", "key", "text", "html", "client_secret", "state", "token_checksum", "token", "digest", "sealed",
    "secret", "secret_name", "session_round", "details",
)  # fmt: skip


def _choice(*paths: str) -> set[str]:
    return {f"{path}{operator}" for path in paths for operator in ("", "__exact", "__isnull")}


def _related(*paths: str) -> set[str]:
    return {f"{path}{operator}" for path in paths for operator in ("__id__exact", "__isnull")}


def _date(*paths: str) -> set[str]:
    return {f"{path}{operator}" for path in paths for operator in ("__gte", "__lt", "__isnull")}


def _calendar(path: str) -> set[str]:
    return {f"{path}__{part}" for part in ("year", "month", "day")}


# all that an address may ask, beside the row's own key; what is not here is refused
ALLOWED = {
    "accounts.activationcode": _choice("role", "way") | {"handed_out_at__isempty", "used_at__isempty"},
    "accounts.customer": _choice("is_test"),
    "accounts.helpcase": _choice("status", "topic"),
    "accounts.linkchange": _choice("kind") | _date("at"),
    "accounts.meterdevice": _choice("commodity"),
    "accounts.entity": _choice("kind"),
    "accounts.roleevent": _choice("verb", "role"),
    "accounts.servicecontract": _choice("commodity"),
    "accounts.servicepoint": _choice("commodity"),
    "accounts.staffaction": _choice("verb", "model") | _related("by") | _calendar("at"),
    "accounts.supportsession": _related("by") | _calendar("at"),
    "accounts.user": _choice("is_staff", "is_active"),
    "consent.client": _choice("status"),
    "consent.clientcontact": _related("client"),
    "consent.consentrequest": _choice("status") | _related("client") | {"scope"},
    "consent.coverageentry": _choice("is_listed", "type"),
    "consent.disclosure": _choice("grant__status")
    | _related("grant__client")
    | {"scope", "grant__id__exact"},
    "consent.grant": _choice("status") | _related("client") | {"scope", "use"},
    "consent.grantevent": _choice("to_status", "actor"),
    "consent.message": _choice("status", "type") | _related("client"),
    "accounts.outgoingmail": _choice("kind") | {"outstanding", "sent_at__isempty"},
    "consent.providedfile": set(),
    "consent.recordedconsent": _choice("status", "how") | _related("client"),
    "consent.registration": _choice("flagged"),
    "consent.registrationfield": _choice("type"),
    "consent.registrationfile": set(),
    "consent.registrationstep": _choice("status"),
    "consent.review": _choice("status", "kind"),
    "consent.scopeoffer": _choice("is_open"),
    "consent.scopesetting": _choice("is_open", "scope") | _related("client"),
    "datahub.billstatement": _date("statement_date"),
    "datahub.channel": _choice("commodity", "kind", "direction"),
    "datahub.feed": _choice("kind"),
    "datahub.feedrun": _choice("status") | _related("feed"),
    "datahub.feedsource": _choice("kind", "active") | _related("feed"),
    "datahub.mixamount": _choice("kind", "region", "provisional", "source"),
    "datahub.mixday": _choice("region") | {"due__isempty"},
    "datahub.mixshare": _choice("series", "key", "method", "provisional", "computed", "source"),
    "datahub.openrelease": _choice("resource") | _related("client"),
    "datahub.parkedreadings": _related("run__feed"),
    "datahub.rejectedrow": _related("run__feed") | {"run__id__exact"},
    "datahub.stafftoken": {"revoked__isempty"},
}


def _request(user: User):
    request = RequestFactory().get("/admin/")
    request.user = user
    return request


def _paths(model: type[Model], depth: int) -> Iterator[str]:
    """Every field of `model`, and of what it leads to in either direction."""
    for field in model._meta.get_fields():
        yield field.name
        if field.is_relation and field.related_model and depth:
            yield from (f"{field.name}__{path}" for path in _paths(field.related_model, depth - 1))


def _answered(page: admin.ModelAdmin, request, depth: int) -> set[str]:
    own = {"pk", "pk__exact", page.model._meta.pk.name, f"{page.model._meta.pk.name}__exact"}
    lookups = {f"{path}{operator}" for path in _paths(page.model, depth) for operator in _OPERATORS}
    lookups |= ALLOWED.get(page.model._meta.label_lower, set())
    return {lookup for lookup in lookups - own if page.lookup_allowed(lookup, "x", request)}


@pytest.mark.parametrize("model", admin.site._registry, ids=lambda model: model._meta.label_lower)
def test_a_list_answers_what_its_filters_ask_and_nothing_of_any_other_field(model):
    page = admin.site._registry[model]

    assert _answered(page, _request(StaffFactory()), 1) == ALLOWED.get(model._meta.label_lower, set())


@pytest.mark.parametrize("role", ROLES)
def test_no_role_is_answered_more_than_a_superuser(role):
    make_roles(apps.get_app_config("web"))
    clerk = UserFactory(is_staff=True)
    clerk.groups.add(Group.objects.get(name=role))

    for model, page in admin.site._registry.items():
        assert _answered(page, _request(clerk), 0) <= ALLOWED.get(model._meta.label_lower, set())


@pytest.mark.parametrize("model", admin.site._registry, ids=lambda model: model._meta.label_lower)
def test_secrets_are_neither_searched_sorted_nor_filtered_by(model):
    page, request = admin.site._registry[model], _request(StaffFactory())
    ordered = [page._sort_path(name) for name in page.get_list_display(request)]

    named = [*page.get_search_fields(request), *ordered, *ALLOWED.get(model._meta.label_lower, ())]

    parts = {part for path in named for part in path.strip("^=@-").split("__")}
    exempt = {("accounts.staffaction", "key"), ("datahub.rejectedrow", "text"), ("datahub.mixshare", "key")}
    assert not {part for part in parts & set(_SECRETS) if (model._meta.label_lower, part) not in exempt}


@pytest.mark.parametrize(
    ("path", "lookup"),
    [
        ("/admin/consent/receipt/", "key__startswith"),
        ("/admin/consent/receipt/", "key__regex"),
        ("/admin/consent/consentrequest/", "key__startswith"),
        ("/admin/consent/consentrequest/", "state__startswith"),
        ("/admin/consent/client/", "client_secret__startswith"),
        ("/admin/accounts/outgoingmail/", "text__contains"),
        ("/admin/accounts/user/", "password__startswith"),
        ("/admin/accounts/user/", "email__exact"),
        ("/admin/accounts/customer/", "memberships__user__password__startswith"),
    ],
)
def test_a_question_about_a_secret_is_refused(client, path, lookup):
    client.force_login(StaffFactory())

    assert client.get(path, {lookup: "a"}).status_code == 400


def test_the_links_of_the_pages_work(client):
    client.force_login(StaffFactory())
    grant = approve(ask({"type": "usage_data", "services": "all"}, user=household().owner))
    disclosures = reverse("admin:consent_disclosure_changelist")

    answers = [
        client.get(disclosures, {"grant__id__exact": grant.pk}),
        client.get(disclosures, {"q": "202603"}),
        client.get(reverse("admin:consent_grant_changelist"), {"client__id__exact": grant.client_id}),
        client.get(reverse("admin:consent_consentrequest_changelist"), {"status__exact": "waiting"}),
        client.get(reverse("admin:accounts_user_changelist"), {"_to_field": "id", "_popup": 1}),
        client.get(reverse("admin:accounts_customer_changelist"), {"o": "1", "q": "C", "p": "1"}),
    ]

    assert {answer.status_code for answer in answers} == {200}


def test_every_page_of_staff_has_the_rule():
    from accounts.admin.lookups import NamedLookupsAdmin

    pages = admin.site._registry.values()
    assert [page for page in pages if not isinstance(page, NamedLookupsAdmin)] == []
    assert {page.model._meta.app_label for page in pages} <= {"accounts", "consent", "datahub", "auth"}


def test_who_may_not_see_people_asks_nothing_through_them():
    clerk = UserFactory(is_staff=True)
    clerk.user_permissions.set(Permission.objects.exclude(codename="view_user"))
    request = _request(clerk)

    paths = [
        path
        for page in admin.site._registry.values()
        if page.model is not User
        for path in (
            *page.get_search_fields(request),
            *(page._sort_path(name) for name in page.get_sortable_by(request)),
            *(lookup for lookup in _answered(page, request, 0)),
        )
        if "email" in path.split("__")[1:] or path.startswith(("by__", "user__"))
    ]

    assert paths == []
    assert admin.site.get_model_admin(User).has_view_permission(_request(AnonymousUser())) is False

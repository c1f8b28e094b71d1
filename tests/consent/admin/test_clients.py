"""Third parties in admin: registered, suspended, reinstated."""

import re
from datetime import timedelta

import pytest
from django.contrib import admin
from django.contrib.auth.models import Permission
from django.test import Client as Browser

from accounts.models import StaffAction
from cdsc_portal.lib.secrets.checksums import checksum
from consent.models import (
    AccessToken,
    AuthorizationCode,
    Client,
    ClientContact,
    Credential,
    Message,
    RefreshToken,
)
from consent.transitions import GrantStatus
from tests.factories.accounts import UserFactory
from tests.factories.consent import ClientFactory, GrantFactory, GrantPartFactory

pytestmark = pytest.mark.django_db
ADD = "/admin/consent/client/add/"
FORM = {
    "name": "Sunny Roofs (demo)",
    "client_type": "confidential",
    "redirect_uris": "https://app.example.com/callback",
    "allowed_scopes": ["usage_data", "bill_data"],
}


def test_a_client_is_registered_and_its_secret_shown_once(staff):
    page = staff.post(ADD, FORM)

    client = Client.objects.get()
    secret = re.search(r'id="client-secret">([^<]+)<', page.content.decode()).group(1)
    assert client.credentials.get().digest == checksum(secret)
    assert "no-store" in page["Cache-Control"]
    assert client.client_id in page.content.decode()
    assert (client.allowed_scopes, client.authorization_grant_type) == (
        ["usage_data", "bill_data"],
        "authorization-code",
    )
    later = staff.get(f"/admin/consent/client/{client.pk}/change/").content.decode()
    assert secret not in later
    assert client.credentials.get().digest not in later


def test_clients_that_nobody_can_be_written_about_are_marked_and_listed(staff):
    served, left, alone = (ClientFactory(name=name) for name in ("a served", "b left", "c alone"))
    ClientContact.objects.create(client=served, user=UserFactory())
    ClientContact.objects.create(client=left, user=UserFactory(is_active=False))

    listed = staff.get("/admin/consent/client/").context["cl"].result_list
    lonely = staff.get("/admin/consent/client/?people=none").context["cl"].result_list

    assert {client.name: client.has_people for client in listed} == {
        "a served": True,
        "b left": False,
        "c alone": False,
    }
    assert [client.pk for client in lonely] == [left.pk, alone.pk]


def test_saving_a_client_keeps_its_secret(staff):
    staff.post(ADD, FORM)
    before = Client.objects.get()
    digest = before.credentials.get().digest

    changed = FORM | {"name": "Sunny Roofs Ltd (demo)", "confirmed": "yes"}
    staff.post(f"/admin/consent/client/{before.pk}/change/", changed)

    after = Client.objects.get()
    assert (after.name, after.credentials.get().digest) == ("Sunny Roofs Ltd (demo)", digest)


def test_a_public_client_has_no_secret(staff):
    page = staff.post(ADD, FORM | {"client_type": "public"})

    assert 'id="client-secret"' not in page.content.decode()
    assert Client.objects.get().client_type == "public" and not Credential.objects.exists()


def test_staff_renew_a_secret_with_a_reason_and_see_it_once(staff):
    client = ClientFactory()
    url = f"/admin/consent/client/{client.pk}/secret/"
    shown = staff.get(url).content.decode()
    staff.post(url, {"before": "24", "reason": ""})
    without_reason = Credential.objects.count()

    page = staff.post(url, {"before": "24", "reason": "their developer left"})

    secret = re.search(r'id="client-secret">([^<]+)<', page.content.decode()).group(1)
    newest, before = Credential.objects.all()
    assert "works for 24 hours more" in shown and "0 tokens work now" in shown
    assert without_reason == 1 and "no-store" in page["Cache-Control"]
    assert (newest.digest, newest.expires) == (checksum(secret), None)
    assert before.expires - newest.created == timedelta(hours=24)
    action = StaffAction.objects.get()
    assert (action.reason, action.what) == ("their developer left", "renew_secret: 24")
    assert Message.objects.get(client=client).name == "Secret renewed"


def test_only_who_may_change_clients_renews_a_secret(staff):
    public, third_party = ClientFactory(client_type="public"), ClientFactory()
    clerk, browser = UserFactory(is_staff=True), Browser()
    clerk.user_permissions.set(Permission.objects.filter(codename="view_client"))
    browser.force_login(clerk)
    url = f"/admin/consent/client/{third_party.pk}/secret/"

    refused = browser.post(url, {"before": "0", "reason": "x"})

    assert (refused.status_code, Credential.objects.get().expires) == (403, None)
    assert staff.get(f"/admin/consent/client/{public.pk}/secret/").status_code == 404


def test_a_public_client_may_live_on_a_device(staff):
    addresses = "com.example.app:/callback\nhttp://127.0.0.1/callback\nhttp://[::1]/callback"

    staff.post(ADD, FORM | {"client_type": "public", "redirect_uris": addresses})

    assert Client.objects.get().redirect_uris.split() == addresses.split()


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"redirect_uris": "ftp://app.example.com/callback"}, "redirect"),
        ({"redirect_uris": "https://app.example.com/callback#part"}, "redirect"),
        ({"redirect_uris": "https://user:word@app.example.com/callback"}, "It names a user (@)"),
        (
            {"redirect_uris": "https://app.example.com/cb\nhttps://a@b.example.com/"},
            "https://a@b.example.com/: It names a",
        ),
        ({"redirect_uris": "com.example.app:/callback"}, "It must begin with https://"),
        ({"client_type": "public", "redirect_uris": "myapp:/callback"}, "a scheme such as com.example.app:/"),
        ({"redirect_uris": " "}, "This field is required"),
        (
            {"client_uri": "https://app.example.com@elsewhere.example.com/"},
            "shows another host than it leads to",
        ),
        ({"terms_uri": "https://user@app.example.com/"}, "shows another host than it leads to"),
        ({"policy_uri": "https://user@app.example.com/"}, "shows another host than it leads to"),
        ({"allowed_scopes": ["everything"]}, "everything is not one of the available choices"),
        ({"name": ""}, "This field is required"),
        ({"allowed_scopes": []}, "This field is required"),
    ],
)
def test_what_a_client_cannot_have_is_refused(staff, fields, words):
    page = staff.post(ADD, FORM | fields)

    assert words in page.content.decode()
    assert not Client.objects.exists()


def test_a_utility_that_only_distributes_offers_no_supply(staff, settings):
    settings.UTILITY_ROLE = "distribution"

    page = staff.get(ADD).content.decode()

    assert 'value="customer_distribution_details"' in page
    assert 'value="customer_supply_details"' not in page


def test_suspending_shows_the_count_and_reinstating_undoes_it(staff):
    client = ClientFactory()
    GrantFactory.create_batch(2, client=client)
    GrantFactory(client=client, status=GrantStatus.REVOKED)
    url = f"/admin/consent/client/{client.pk}/suspend/"

    page = staff.get(url)
    client.refresh_from_db()
    untouched = client.status
    staff.post(url, {"reason": " "})
    client.refresh_from_db()
    without_reason = client.status
    staff.post(url, {"reason": "it leaked a secret"})
    client.refresh_from_db()
    suspended = client.status
    staff.post(url.replace("suspend", "reinstate"), {"reason": "it has a new one"})
    client.refresh_from_db()

    assert "2 open grants and 0 tokens are hit" in page.content.decode()
    assert untouched == without_reason == client.status == "production"
    assert suspended == "suspended"
    assert [row.reason for row in StaffAction.objects.order_by("pk")] == [
        "it leaked a secret",
        "it has a new one",
    ]


def test_a_sandbox_client_cannot_be_lifted_by_suspending_and_reinstating(staff):
    client = ClientFactory(status="sandbox")

    staff.post(f"/admin/consent/client/{client.pk}/suspend/", {"reason": "x"})
    staff.post(f"/admin/consent/client/{client.pk}/reinstate/", {"reason": "x"})

    client.refresh_from_db()
    assert client.status == "sandbox"


def test_staff_put_a_client_in_the_sandbox_and_in_production_with_a_reason(staff):
    client = ClientFactory()
    GrantFactory(client=client)
    url = f"/admin/consent/client/{client.pk}/sandbox/"

    page = staff.get(url).content.decode()
    statuses = []
    for address, reason in [
        (url, " "),
        (url, "it is new"),
        (url, "twice"),
        (url.replace("sandbox", "production"), "it is ready"),
    ]:
        staff.post(address, {"reason": reason})
        client.refresh_from_db()
        statuses.append(client.status)

    assert "1 open grants and 0 tokens are hit" in page
    assert statuses == ["production", "sandbox", "sandbox", "production"]
    assert [row.reason for row in StaffAction.objects.order_by("pk")] == ["it is new", "it is ready"]
    assert [row.name for row in Message.objects.order_by("pk")] == ["In the sandbox", "In production"]


def test_staff_without_the_permission_cannot_suspend(client):
    clerk = UserFactory(is_staff=True)
    clerk.user_permissions.set(Permission.objects.filter(codename="view_client"))
    client.force_login(clerk)
    third_party = ClientFactory()

    answer = client.post(f"/admin/consent/client/{third_party.pk}/suspend/")

    third_party.refresh_from_db()
    assert (answer.status_code, third_party.status) == (403, "production")
    assert client.get(f"/admin/consent/client/{third_party.pk}/change/").status_code == 200


@pytest.mark.spec("X-18")
def test_tokens_and_codes_have_no_page():
    assert not {AccessToken, AuthorizationCode, RefreshToken} & set(admin.site._registry)


def test_what_customers_read_changes_only_after_old_and_new_were_shown(staff):
    client = ClientFactory(purpose="We size solar panels for your roof.")
    url = f"/admin/consent/client/{client.pk}/change/"
    form = {**FORM, "name": client.name, "purpose": "We size heat pumps for your roof."}

    shown = staff.post(url, form)
    client.refresh_from_db()
    before = client.purpose
    hidden = dict(shown.context["hidden"]) | {"confirmed": "yes"}
    staff.post(url, hidden | {"allowed_scopes": FORM["allowed_scopes"]})

    client.refresh_from_db()
    page = shown.content.decode()
    assert "<del>solar panels</del>" in page
    assert "<ins>heat pumps</ins>" in page
    assert before == "We size solar panels for your roof."
    assert client.purpose == "We size heat pumps for your roof."
    assert ["purpose", before, client.purpose] in StaffAction.objects.get().changes


def test_what_customers_do_not_read_changes_at_once(staff):
    client = ClientFactory(purpose="")
    form = {**FORM, "name": client.name, "purpose": "", "contact_email": "new@example.com"}
    form |= {name: "" for name in ("client_uri", "terms_uri", "policy_uri") if name in FORM}

    staff.post(f"/admin/consent/client/{client.pk}/change/", form)

    client.refresh_from_db()
    assert client.contact_email == "new@example.com"


def test_who_takes_a_scope_away_reads_that_open_grants_keep_it(staff):
    client = ClientFactory(allowed_scopes=["usage_data", "bill_data"])
    for status, scope in (("active", "bill_data"), ("active", "usage_data"), ("revoked", "bill_data")):
        GrantPartFactory(grant=GrantFactory(client=client, status=status), scope=scope)
    form = {**FORM, "name": client.name, "purpose": client.purpose, "allowed_scopes": ["usage_data"]}
    form |= {
        name: getattr(client, name) for name in ("redirect_uris", "client_uri", "terms_uri", "policy_uri")
    }

    page = staff.post(f"/admin/consent/client/{client.pk}/change/", form, follow=True).content.decode()

    assert "1 open grant keeps bill_data until it ends." in page
    assert f"/admin/consent/grant/?client__id__exact={client.pk}" in page


def test_who_switches_a_scope_off_reads_that_open_grants_keep_it(staff):
    for scope in ("bill_data", "bill_data", "usage_data"):
        GrantPartFactory(grant=GrantFactory(), scope=scope)

    page = staff.post(
        "/admin/consent/scopesetting/add/",
        {"scope": "bill_data", "client": "", "days_back": "", "days_ahead": ""},
        follow=True,
    ).content.decode()

    assert "2 open grants keep bill_data until they end." in page


def test_who_waits_for_an_answer_stands_first_with_the_count(staff):
    ClientFactory(name="A quiet one (demo)")
    loud = ClientFactory(name="Sunny Roofs (demo)")
    for _turn in range(2):
        support_request(client=loud)
    GrantFactory(client=loud)

    page = staff.get("/admin/consent/client/")

    first = page.context["cl"].result_list[0]
    assert (first, first.waiting_total, first.open_total) == (loud, 2, 1)


def support_request(*, client: Client) -> Message:
    return Message.objects.create(
        client=client,
        name="Help",
        description="us",
        type="support_request",
        status="pending",
        by_client=True,
    )


@pytest.mark.spec("R-92", "R-116")
def test_what_staff_change_of_an_object_its_third_party_reads(staff):
    client = ClientFactory(
        name=FORM["name"], redirect_uris=FORM["redirect_uris"], allowed_scopes=["usage_data"]
    )
    page = f"/admin/consent/client/{client.pk}/change/"
    kept = {name: getattr(client, name) for name in ("purpose", "client_uri", "terms_uri", "policy_uri")}
    sent = {**FORM, **kept, "redirect_uris": "https://app.example.com/other"}

    staff.post(page, sent)
    staff.post(page, {**sent, "contact_email": "new@example.com"})

    message = Message.objects.get()
    assert (message.type, message.status, message.client) == ("field_changes", "complete", client)
    assert {
        each["field"]: (each["previous_value"], each["new_value"]) for each in message.updates_requested
    } == {
        "redirect_uris": ([FORM["redirect_uris"]], ["https://app.example.com/other"]),
        "scope": ("usage_data", "usage_data bill_data"),
    }
    assert message.related_uri.endswith(f"/cds/clients/{client.client_id}")

"""Staff limit offers, close them and add a second one of a type; what is no offer is refused in words."""

import pytest
from django.urls import reverse

from consent.models import RegistrationField, ScopeOffer
from tests.factories.accounts import household
from tests.factories.consent import approve, ask
from tests.support.admin_pages import form_of, of_role

pytestmark = pytest.mark.django_db
ADD = "/admin/consent/scopeoffer/add/"
OFFER = {"type": "usage_data", "offer_id": "usage_data.year", "is_open": "on", "field_limits": "{}"}


@pytest.fixture
def clerk(client):
    client.force_login(of_role("onboarding"))
    return client


def refusals(page) -> dict:
    assert page.status_code == 200
    return page.context["adminform"].form.errors


@pytest.mark.spec("R-09")
def test_staff_add_a_second_offer_of_a_type(clerk, client):
    limits = '{"start": {"default": "-1y"}}'
    for name in ("vat", "terms"):
        RegistrationField.objects.create(
            field_id=name, type="registration_field", field_name=f"cds_{name}", format="string"
        )
    page = clerk.post(
        ADD, {**OFFER, "days_back": "366", "field_limits": limits, "registration_requirements": "vat,terms"}
    )

    assert page.status_code == 302, refusals(page)
    offer = ScopeOffer.objects.get(offer_id="usage_data.year")
    assert (offer.days_back, offer.registration_requirements) == (366, ["vat", "terms"])
    document = client.get("/.well-known/oauth-authorization-server").json()
    assert document["cds_scope_descriptions"]["usage_data.year"]["type"] == "cdsc_usage_data"


@pytest.mark.spec("R-29s", "R-30s")
@pytest.mark.parametrize(
    ("field", "changed", "words"),
    [
        ("offer_id", {"offer_id": "usage"}, "begin with usage_data."),
        ("offer_id", {"type": "cds_grant_admin", "offer_id": "admin"}, "cds_grant_admin_"),
        ("offer_id", {"offer_id": "usage_data.Ünlü"}, "Small letters"),
        ("offer_id", {"offer_id": "usage_data"}, "already exists"),
        ("type", {"type": "cds_client_admin", "offer_id": "cds_client_admin"}, "cds_client_admin"),
        (
            "label",
            {"type": "cds_grant_admin", "offer_id": "cds_grant_admin_2", "label": "Mine"},
            "specification",
        ),
        ("field_limits", {"field_limits": '{"start": {"maximum": 41}}'}, "beyond 40"),
        ("field_limits", {"field_limits": '{"begin": {}}'}, "no field begin"),
        ("field_limits", {"field_limits": "[]"}, "object"),
        ("registration_requirements", {"registration_requirements": "vat"}, "no registration field vat"),
        ("days_ahead", {"days_ahead": "0"}, ""),
    ],
)
def test_what_is_no_offer_is_refused_in_words(clerk, field, changed, words):
    before = ScopeOffer.objects.count()

    page = clerk.post(ADD, {**OFFER, **changed})

    assert words in str(refusals(page)[field])
    assert ScopeOffer.objects.count() == before


def test_closing_an_offer_says_which_grants_keep_it_and_updated_moves_with_content(clerk):
    approve(ask({"type": "usage_data", "services": "all"}, user=household().owner))
    offer = ScopeOffer.objects.get(offer_id="usage_data")
    address = reverse("admin:consent_scopeoffer_change", args=[offer.pk])
    same = form_of(clerk.get(address)) | {"initial-field_limits": "{}"}  # a browser sends it too

    clerk.post(address, same)
    unchanged = ScopeOffer.objects.get(pk=offer.pk).updated
    closed = {name: value for name, value in same.items() if name != "is_open"}
    page = clerk.post(address, closed, follow=True)

    assert unchanged == offer.updated
    assert ScopeOffer.objects.get(pk=offer.pk).updated > unchanged
    assert "1 open grant keeps usage_data until it ends." in page.content.decode()
    assert clerk.get(reverse("admin:consent_scopeoffer_delete", args=[offer.pk])).status_code == 403

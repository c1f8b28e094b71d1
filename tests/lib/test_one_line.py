"""A name with a line break, a control character or a mark of direction is saved nowhere."""

import json
from zoneinfo import ZoneInfo

import pytest
from django import forms
from django.apps import apps
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import CharField
from django.urls import reverse

from accounts.models import BillingAccount, Customer, User
from accounts.own_names import cleaned_name
from accounts.sign_in.activation import ActivatedLoginForm
from accounts.sign_in.forms import AddPasskeyForm, NewLoginForm, PasskeyNameForm
from cdsc_portal.lib.text.one_line import is_one_line, validate_one_line
from consent.admin.client import ClientForm
from consent.admin.messages import _NotificationForm
from consent.pages.developer.message_views import NewMessageForm
from datahub.feeds.admin.staff_tokens import TokenForm
from tests.factories.accounts import StaffFactory, household
from tests.support.parsed_files import parse_file

BAD = ["A\nB", "A\r\nBcc: x@example.com", "A\tB", "A\0B", "A\x1b[31m", "A\u202eB", "A\u200fB", "A\u2066B", "A\u2028B",
       "A\u200bB", "A\ufeffB", "A\x7fB"]  # fmt: skip
GOOD = [
    "Ana Núñez",
    "Müller & Söhne GmbH",
    "O'Brien-Łukasz",
    "李雷",
    "עִבְרִית",
    "Shop 12/3 (rear), “Main”",
    "😀",
    "",
]
# texts of one line that name something to people; numbers, codes and what programs write are not among them
NAMES = {
    "accounts.User": {"name"},
    "accounts.Customer": {"name"},
    "accounts.BillingAccount": {"name"},
    "accounts.ServiceContract": {"name", "group"},
    "accounts.MeterName": {"name"},
    "accounts.Entity": {"name", "abbreviation"},
    "accounts.Program": {"name"},
    "accounts.SupplyTerm": {"tariff_name"},
    "consent.Message": {"name"},
    "datahub.Feed": {"name"},
    "datahub.StaffToken": {"label"},
}
FORMS = {
    ActivatedLoginForm: "name",
    NewLoginForm: "name",
    PasskeyNameForm: "name",
    AddPasskeyForm: "name",
    ClientForm: "name",
    _NotificationForm: "subject",
    NewMessageForm: "subject",
    TokenForm: "label",
}


@pytest.mark.parametrize("name", BAD)
def test_what_cannot_be_seen_on_one_line_is_refused(name):
    assert not is_one_line(name)
    with pytest.raises(ValidationError, match="line break"):
        validate_one_line(name)
    with pytest.raises(ValueError):
        cleaned_name(name)


@pytest.mark.parametrize("name", GOOD)
def test_names_of_all_scripts_are_taken(name):
    validate_one_line(name)
    assert cleaned_name(name) == name


def test_every_name_of_a_model_has_the_rule():
    lacking = {
        f"{label}.{name}"
        for label, names in NAMES.items()
        for name in names
        if validate_one_line not in apps.get_model(label)._meta.get_field(name).validators
    }

    assert lacking == set()


@pytest.mark.parametrize(("form", "field"), FORMS.items(), ids=lambda form: getattr(form, "__name__", form))
def test_every_form_that_takes_a_name_has_the_rule(form, field):
    declared = form.base_fields[field]

    with pytest.raises(ValidationError, match="line break"):
        declared.run_validators("A\u202eB")


@pytest.mark.django_db
@pytest.mark.parametrize("model", admin.site._registry, ids=lambda model: model._meta.label_lower)
def test_every_text_of_one_line_that_staff_type_has_the_rule(rf, model):
    page, request = admin.site._registry[model], rf.get("/admin/")
    request.user = StaffFactory()
    lacking = []
    for field in model._meta.get_fields():
        if not isinstance(field, CharField) or field.choices or not field.editable:
            continue
        typed = page.formfield_for_dbfield(field, request)
        if isinstance(typed, forms.CharField) and validate_one_line not in typed.validators:
            lacking.append(field.name)

    assert lacking == []


@pytest.mark.django_db
def test_a_name_with_a_mark_of_direction_is_stored_from_no_page(client):
    home, bad = household(), "Ana \u202egnp.exe"
    client.force_login(home.owner)

    client.post(reverse("my_account_name", args=[home.account.public_id]), {"name": "Shop\nmain"})
    client.post(reverse("my_settings"), {"name": bad, "language": "en", "theme": "", "yearly_summary": "on"})
    client.force_login(StaffFactory())
    client.post(
        f"/admin/accounts/customer/{home.customer.pk}/change/", {"name": bad, "customer_number": "C-9"}
    )

    assert BillingAccount.objects.get().name == ""
    assert bad not in {
        *User.objects.values_list("name", flat=True),
        *Customer.objects.values_list("name", flat=True),
    }


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        ("customer", {"customer_number": "C-1", "name": "Ro\u202ebin"}),
        ("entity", {"name": "Val\x07ley", "kind": "supplier"}),
        ("program", {"program_number": "P-1", "name": "Peak\u200bSaver"}),
        (
            "membership",
            {"customer_number": "C-1", "email": "a@example.com", "role": "owner", "user_name": "A\u2028B"},
        ),
        ("premise", {"premise_number": "P\x1b1", "address": "1 Main St"}),
        ("premise", {"premise_number": "P-1", "address": "1 Main St \u202eB"}),
    ],
)
def test_a_row_of_the_hierarchy_with_such_a_name_is_rejected_with_the_reason(kind, fields):

    collection = {
        "customer": "customers",
        "premise": "premises",
        "entity": "entities",
        "program": "programs",
        "membership": "memberships",
    }
    content = json.dumps(
        {"mode": "changes", "as_of": "2026-03-01T00:00:00Z", collection[kind]: [fields]}
    ).encode()

    parsed = parse_file("hierarchy_json", content, zone=ZoneInfo("UTC"))

    (rejection,) = parsed.rejected
    assert "line break or a sign that cannot be seen" in rejection.reason


def test_an_address_of_several_lines_is_stored_on_one():
    premise = {"premise_number": "P-1", "address": "1 Main Street\n  Springfield"}
    content = json.dumps({"mode": "changes", "as_of": "2026-03-01T00:00:00Z", "premises": [premise]}).encode()

    parsed = parse_file("hierarchy_json", content, zone=ZoneInfo("UTC"))

    assert (parsed.rejected, parsed.rows[0].premises[0].address) == ([], "1 Main Street Springfield")

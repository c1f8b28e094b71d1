"""Staff's pages in Spanish: models, fields and choices too have a Spanish name."""

import pytest
from django.contrib import admin
from django.contrib.admin.utils import flatten_fieldsets
from django.core.exceptions import FieldDoesNotExist
from django.urls import reverse
from django.utils import translation
from django.utils.functional import Promise

from accounts.models import User
from tests.factories.accounts import StaffFactory, household
from tests.factories.consent import approve, ask

OURS = ("accounts", "consent", "datahub")
SAME_IN_BOTH = {"English", "Español", "sha256"}


def pages(rf):
    """Model and admin of every page and of every part of one, with the names of what it shows."""
    request = rf.get("/admin/")
    request.user = User(is_staff=True, is_superuser=True)
    for model, page in admin.site._registry.items():
        parts = [(part.model, part(model, admin.site)) for part in page.inlines]
        for shown, model_admin in [(model, page), *parts]:
            if shown._meta.app_label in OURS:
                listed = [name for name in getattr(model_admin, "list_display", ()) if isinstance(name, str)]
                yield shown, {*flatten_fieldsets(model_admin.get_fieldsets(request)), *listed}


def labels(model, shown):
    """Names of the model, of its fields that are `shown`, and of their choices."""
    yield from (model._meta.verbose_name, model._meta.verbose_name_plural)
    for name in shown:
        try:
            field = model._meta.get_field(name)
        except FieldDoesNotExist:
            continue
        yield getattr(field, "verbose_name", _SOME_NAME)
        yield from (label for _value, label in getattr(field, "flatchoices", ()))


_SOME_NAME = translation.gettext_lazy("Name")


@pytest.mark.django_db
def test_whatever_staff_see_has_a_name_that_is_translated(rf):
    names = {label for model, shown in pages(rf) for label in labels(model, shown)}

    assert {label for label in names if not isinstance(label, Promise)} <= SAME_IN_BOTH
    with translation.override("es"):
        assert {str(label) for label in names}.isdisjoint({"grants", "created", "status", "feed runs"})


@pytest.mark.django_db
def test_a_list_is_headed_in_spanish(client):
    client.force_login(StaffFactory())
    client.cookies["django_language"] = "es"
    approve(ask({"type": "usage_data", "services": "all"}, user=household().owner))

    events = client.get(reverse("admin:consent_grantevent_changelist")).content.decode()
    text = client.get(reverse("admin:consent_grant_changelist")).content.decode()

    for heading in (
        "Datos compartidos",
        "Autorizaciones",
        "Identificador público",
        "Fin del acceso",
        "activo",
        "Escriba para buscar",
    ):
        assert heading in text
    assert "Estado nuevo" in events
    assert ">activo<" in events.replace("\n", "").replace(" ", "")

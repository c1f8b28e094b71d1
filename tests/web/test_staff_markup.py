"""What others choose as a name or write as a text is text on every staff page, in the theme's own parts too."""

import pytest
from django.apps import apps
from django.db import connection, models

from accounts.models import StaffAction, SupportSession
from accounts.services.support_sessions import start_support_session
from cdsc_portal.lib.time import clock
from tests.factories.accounts import StaffFactory
from tests.support.admin_pages import ADDRESSES, with_key

pytestmark = [pytest.mark.django_db, pytest.mark.spec("P-23")]
EVIL = "<img src=x onerror=alert(1)>"
KEPT = {"password", "language", "digest", "scope", "format", "time_zone"}  # the pages need them as they are
LOGS = (StaffAction, SupportSession)  # the database keeps them as they are


def texts_of(model: type[models.Model]) -> list[str]:
    """Fields that take any text."""
    return [
        field.name
        for field in model._meta.concrete_fields
        if isinstance(field, models.CharField | models.TextField)
        and not isinstance(field, models.EmailField | models.FileField)
        and not (field.choices or field.unique or field.name in KEPT)
        and (field.max_length or len(EVIL)) >= len(EVIL)
    ]


def test_markup_in_a_name_is_shown_as_it_was_typed(client, admin_rows):
    agent = StaffFactory(name=EVIL)
    start_support_session(person=admin_rows.home.owner, by=agent, reason=EVIL, at=clock.now())
    with connection.cursor() as cursor:  # past the triggers that keep proof as it was written
        cursor.execute("SET LOCAL session_replication_role = replica")
    for app in ("accounts", "consent", "datahub"):
        for model in apps.get_app_config(app).get_models():
            if model not in LOGS and texts_of(model):
                model._default_manager.update(**dict.fromkeys(texts_of(model), EVIL))
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = origin")
    client.force_login(agent)
    paths = [path for path in ADDRESSES if path.endswith("/change/") or path.count("/") == 4]
    pages = [with_key(path) for path in paths if not path.endswith(".csv")]

    bodies = {
        url: client.get(url, follow=True).content.decode()
        for url in [*pages, "/admin/find/?q=%3Cimg", f"/admin/customers/{admin_rows.home.customer.pk}/"]
    }

    assert [url for url, body in bodies.items() if "<img src=x" in body] == []
    assert sum("&lt;img src=x" in body for body in bodies.values()) > 50

"""Pages of a third party's own people."""

from cdsc_portal.lib.time import clock
from consent.models import ClientContact
from consent.services.third_parties.threads import answer, write_to_utility
from tests.factories.accounts import StaffFactory, UserFactory
from tests.factories.consent import GrantFactory
from tests.journeys.consent_steps import sunny_roofs
from tests.journeys.pages.base import MapPage, at, log_in, nothing


def a_contact_with_a_thread():
    client, user = sunny_roofs(), UserFactory(email="dev@example.com", name="Robin Example")
    ClientContact.objects.create(client=client, user=user)
    GrantFactory.create_batch(2, client=client)
    thread = write_to_utility(
        client=client,
        by=user,
        subject="A second redirect address",
        text="Please add https://app.example.com/second to our client.\n\nThank you!",
        at=clock.now(),
    )
    answer(thread=thread, by=StaffFactory(), by_client=False, text="It is added.", at=clock.now())
    return user, thread, client


def a_contact_of_nothing():
    return UserFactory(email="dev@example.com"), None, None


def opened(path):
    return lambda page, world: log_in(page, world[0].email, path(world))


def _registered_by_form(page, _world):
    page.goto("/developer/register/")
    page.locator("[name=client_name]").fill("Sunny Roofs")
    page.locator("[name=contact]").fill("ops@example.com")
    page.locator("[name=scopes]").first.check()
    page.locator("form.form button").click()
    page.wait_for_url("**/developer/registered/")


PAGES = (
    MapPage(
        "developer",
        a_contact_with_a_thread,
        opened(lambda _world: "/developer/"),
        {"en": "Your clients", "es": "Sus aplicaciones"},
        ("section.card", "table"),
    ),
    MapPage(
        "developer-register",
        nothing,
        at("/developer/register/"),
        {"en": "Register your company", "es": "Registrar su empresa"},
        ("form.form", "fieldset"),
    ),
    MapPage(
        "developer-registered",
        nothing,
        _registered_by_form,
        {"en": "You are registered", "es": "Ya está registrado"},
        (".developer__secret",),
    ),
    MapPage(
        "developer-empty",
        a_contact_of_nothing,
        opened(lambda _world: "/developer/"),
        {"en": "Your clients", "es": "Sus aplicaciones"},
        (".empty",),
    ),
    MapPage(
        "developer-message",
        a_contact_with_a_thread,
        opened(lambda world: f"/developer/messages/{world[1].public_id}/"),
        {"en": "A second redirect address", "es": "A second redirect address"},
        (".thread", "textarea"),
    ),
    MapPage(
        "developer-new-message",
        a_contact_with_a_thread,
        opened(lambda _world: "/developer/messages/new/"),
        {"en": "Write to the utility", "es": "Escribir a la compañía"},
        ("textarea",),
    ),
    MapPage(
        "developer-secret",
        a_contact_with_a_thread,
        opened(lambda world: f"/developer/clients/{world[2].public_id}/secret/"),
        {"en": "The secret of Sunny Roofs (demo)", "es": "El secreto de Sunny Roofs (demo)"},
    ),
)

"""Pages of a third party's own people."""

from cdsc_portal.lib.time import clock
from consent.models import (
    ClientContact,
    Message,
    MessageStatus,
    MessageType,
    RegistrationField,
    RegistrationStep,
)
from consent.services.third_parties.refused_calls import RefusedCall, record_by_client
from consent.services.third_parties.threads import answer, ask_registration, write_to_utility
from consent.step_links import step_key
from tests.factories.accounts import StaffFactory, UserFactory
from tests.factories.consent import GrantFactory
from tests.journeys.consent_steps import sunny_roofs
from tests.journeys.pages.base import MapPage, at, log_in, nothing


def a_contact_with_a_thread():
    client, user = sunny_roofs(), UserFactory(email="dev@example.com", name="Robin Example")
    ClientContact.objects.create(client=client, user=user)
    GrantFactory.create_batch(2, client=client)
    refused = RefusedCall("usage_data", 403, "insufficient_scope", "k7mq-2xwd")
    record_by_client(refused, client_id=client.pk, at=clock.now())
    thread = write_to_utility(
        client=client,
        by=user,
        subject="A second redirect address",
        text="Please add https://app.example.com/second to our client.\n\nThank you!",
        at=clock.now(),
    )
    answer(thread=thread, by=StaffFactory(), by_client=False, text="It is added.", at=clock.now())
    return user, thread, client


def a_contact_with_a_request():
    client, user = sunny_roofs(), UserFactory(email="dev@example.com", name="Robin Example")
    ClientContact.objects.create(client=client, user=user)
    items = [("Contract", "Who signed it"), ("Owner", "Who owns the company")]
    thread = ask_registration(
        registration=client.registration,
        client=client,
        subject="Two things are missing",
        text="We need them before we go on.",
        items=items,
        by=StaffFactory(),
        at=clock.now(),
    )
    return user, thread, client


def a_step_to_take():
    registration = sunny_roofs().registration
    field = RegistrationField.objects.create(
        field_id="plan", type="online_form", description="Tell us how you keep the data."
    )
    step = RegistrationStep.objects.create(registration=registration, field=field, status="open")
    step.message = Message.objects.create(
        registration=registration, type=MessageType.ONLINE_FORM_REQUEST, status=MessageStatus.OPEN, name="A form",
        description="Tell us how you keep the data.", by_client=False, step=step, related_type="online_form",
    )  # fmt: skip
    step.save()
    return step.message


def a_step_whose_link_is_over():
    message = a_step_to_take()
    message.link_expires = clock.now()
    message.save()
    return message


def step_opened(page, message):
    page.goto(f"/third-parties/steps/{step_key(message)}/")


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
        "developer-request",
        a_contact_with_a_request,
        opened(lambda world: f"/developer/messages/{world[1].public_id}/"),
        {"en": "Two things are missing", "es": "Two things are missing"},
        (".thread", "textarea", "input[type=file]"),
    ),
    MapPage(
        "registration-step",
        a_step_to_take,
        step_opened,
        {"en": "Fill in a form", "es": "Rellene un formulario"},
        ("textarea", "input[type=file]"),
    ),
    MapPage(
        "registration-step-over",
        a_step_whose_link_is_over,
        step_opened,
        {"en": "This link is over", "es": "Este enlace ha caducado"},
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

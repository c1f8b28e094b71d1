"""The way in, first access, and a person's settings."""

from typing import Any

from django.urls import reverse
from playwright.sync_api import Page

from accounts.mail.invitations import invitation_url
from accounts.models import BillingAccount, User
from tests.factories.accounts import UserFactory, household
from tests.factories.sign_in import handed_out, mailed_code, recovery_code, with_app, with_listed_passkey
from tests.journeys.pages.base import MapPage, at, log_in, nothing


def person() -> User:
    return UserFactory(email="ana@example.com", name="Ana Lopez")


def with_everything() -> User:
    return with_app(with_listed_passkey(with_listed_passkey(person(), "Blue key on my key ring"), "My phone"))


def inside(name: str) -> Any:
    """Open a page of a person who has just logged in."""
    return lambda page, user: log_in(page, user.email, reverse(name))


def submit(page: Page, **fields: str) -> None:
    """Fill in the fields by their names and send the form with the last one."""
    for name, value in fields.items():
        page.locator(f"input[name={name}]:visible").fill(value)
    with page.expect_navigation():
        page.locator(f"input[name={list(fields)[-1]}]:visible").press("Enter")


def ask_for_a_code(page: Page, user: User) -> None:
    page.goto(reverse("account_request_login_code"))
    submit(page, email=user.email)


def bill_and_code() -> tuple[BillingAccount, str]:
    home = household()
    return home.account, handed_out(home.customer)


def tell_the_bill(page: Page, world: tuple[BillingAccount, str]) -> None:
    account, code = world
    page.goto(reverse("account_activate"))
    submit(page, account_number=account.account_number, code=code, email="new@example.com")


def tell_the_code(page: Page, world: tuple[BillingAccount, str]) -> None:
    tell_the_bill(page, world)
    submit(page, code=mailed_code())


def with_app_only() -> User:
    return with_app(person())


def take_the_first_step(page: Page, user: User) -> None:
    log_in(page, user.email, reverse("my_settings"))


def past_the_second_step(name: str) -> Any:
    """Open a page of a person who has an app."""

    def open_page(page: Page, user: User) -> None:
        log_in(page, user.email, reverse(name))
        submit(page, code=recovery_code(user))

    return open_page


def answer_the_invitation(page: Page, user: User) -> None:
    page.goto("/" + invitation_url(user).split("/", 3)[3])


PAGES = (
    MapPage(
        "login", nothing, at("/accounts/login/"), {"en": "Log in", "es": "Iniciar sesión"},
        ("input[name=login]", "form[data-passkey]"),
    ),
    MapPage(
        "login-code", nothing, at("/accounts/login/code/"),
        {"en": "Get a code by e-mail", "es": "Reciba un código por correo"},
    ),
    MapPage(
        "login-code-confirm", person, ask_for_a_code, {"en": "Enter the code", "es": "Escriba el código"}, by_get=False,
    ),
    MapPage(
        "login-second-step", with_app_only, take_the_first_step, {"en": "One more step", "es": "Un paso más"},
        by_get=False,
    ),
    MapPage(
        "reset", nothing, at("/accounts/password/reset/"),
        {"en": "Get a link to choose a password", "es": "Reciba un enlace para elegir una contraseña"},
    ),
    MapPage(
        "invitation", lambda: UserFactory(password=None), answer_the_invitation,
        {"en": "Choose a password", "es": "Elija una contraseña"}, by_get=False,
    ),
    MapPage(
        "activate", nothing, at("/accounts/activate/"), {"en": "Open your access", "es": "Abra su acceso"},
    ),
    MapPage(
        "activate-code", bill_and_code, tell_the_bill, {"en": "Look at your e-mail", "es": "Revise su correo"},
        by_get=False,
    ),
    MapPage(
        "activate-password", bill_and_code, tell_the_code,
        {"en": "Choose a password", "es": "Elija una contraseña"}, by_get=False,
    ),
    MapPage(
        "settings", person, inside("my_settings"), {"en": "Settings", "es": "Configuración"}, (".summary-list",),
    ),
    MapPage(
        "settings-everything", with_everything, past_the_second_step("my_settings"),
        {"en": "Settings", "es": "Configuración"}, (".keys",), by_get=False,
    ),
    MapPage(
        "settings-email", person, inside("my_email"),
        {"en": "Change your e-mail address", "es": "Cambie su correo electrónico"},
    ),
    MapPage(
        "settings-sessions", person, inside("my_sessions"),
        {"en": "Log out everywhere else", "es": "Cierre las demás sesiones"},
    ),
    MapPage(
        "settings-password", person, inside("account_change_password"),
        {"en": "Change your password", "es": "Cambie su contraseña"},
    ),
    MapPage(
        "passkey-add", person, inside("mfa_add_webauthn"),
        {"en": "Add a passkey", "es": "Agregue una llave de acceso"}, ("form[data-passkey]",),
    ),
    MapPage(
        "app-add", person, inside("mfa_activate_totp"),
        {"en": "Set up the authenticator app", "es": "Configure la aplicación de códigos"}, (".scan-code",),
    ),
    MapPage(
        "recovery-codes", with_app_only, past_the_second_step("mfa_view_recovery_codes"),
        {"en": "Recovery codes", "es": "Códigos de recuperación"}, (".recovery-codes",), by_get=False,
    ),
    MapPage(
        "again", person, inside("account_reauthenticate"),
        {"en": "Enter your password again", "es": "Escriba otra vez su contraseña"},
    ),
    MapPage(
        "second-step", person, inside("second_step"),
        {"en": "Set up a second step", "es": "Configure un segundo paso"},
    ),
)  # fmt: skip

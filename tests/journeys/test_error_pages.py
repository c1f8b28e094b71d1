"""The pages that say what went wrong: like every page of the map, they hold their words, fit and have no fault."""

from functools import partial

import pytest
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.db import OperationalError

from tests.journeys.page_checks import look_at
from tests.journeys.pages.base import MapPage, nothing

pytestmark = [pytest.mark.journey, pytest.mark.spec("P-24")]


def opened(status, page, _world):
    """A page whose view fails, as the test arranged it."""
    assert page.goto("/health/ready").status == status


def a_form_from_elsewhere(page, _world):
    page.goto("/accounts/login/")
    page.context.clear_cookies(name="csrftoken")
    log_in_as_nobody(page)


def tried_too_often(page, _world):
    for _time in range(2):
        page.goto("/accounts/login/")
        log_in_as_nobody(page)


def log_in_as_nobody(page):
    page.locator("input[name=login]").fill("nobody@example.com")
    page.locator("input[name=password]").fill("not the password")
    with page.expect_navigation():
        page.locator("input[name=password]").press("Enter")


FAILING = (
    (SuspiciousOperation("odd"), 400, "We could not read this request", "No pudimos leer esta petición"),
    (PermissionDenied(), 403, "This page is not open to you", "Esta página no está abierta para usted"),
    (ZeroDivisionError(), 500, "Something went wrong on our side", "Algo falló de nuestra parte"),
    (OperationalError("10.0.0.7 is away"), 503, "We will be back shortly", "Volvemos en un momento"),
)


@pytest.mark.parametrize(("failure", "status", "english", "spanish"), FAILING, ids=lambda part: str(part)[:3])
def test_a_view_that_fails(map_window, monkeypatch, failure, status, english, spanish):
    def fail():
        raise failure

    monkeypatch.setattr("cdsc_portal.web.health.problems", fail)
    words = {"en": english, "es": spanish}
    page = MapPage(f"error-{status}", nothing, partial(opened, status), words, (".reference",), by_get=False)

    look_at(map_window, page, status)


def test_a_form_that_cannot_be_checked(map_window):
    words = {"en": "We could not accept this form", "es": "No pudimos aceptar este formulario"}
    page = MapPage("error-form", nothing, a_form_from_elsewhere, words, (".reference",), by_get=False)

    look_at(map_window, page, 3)


def test_too_many_attempts(map_window, settings):
    settings.ACCOUNT_RATE_LIMITS = {**settings.ACCOUNT_RATE_LIMITS, "login": "1/m/ip"}
    words = {"en": "Too many attempts", "es": "Demasiados intentos"}
    page = MapPage("error-429", nothing, tried_too_often, words, (".reference",), by_get=False)

    look_at(map_window, page, 4)

"""One door for customers and staff: e-mail and password, limits, and back to where one came from."""

import re

import pytest
from django.core import mail
from django.core.cache import cache
from django.urls import path

from accounts.mail.invitations import invitation_url
from accounts.mail.queue import send_waiting_mail
from accounts.sign_in.views import LoginView
from accounts.sign_in.waiting import cancel_url
from cdsc_portal import urls as project_urls
from cdsc_portal.lib.time import clock
from tests.factories.accounts import PASSWORD, StaffFactory, UserFactory

LOGIN = "/accounts/login/"
RESET = "/accounts/password/reset/"
NEW_PASSWORD = "lanterns over the canal"

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _no_limits_left_over():
    cache.clear()


def posted() -> list[mail.EmailMessage]:
    """The mail about logins that is on its way, sent now."""
    send_waiting_mail(at=clock.now(), logins_only=True)
    return mail.outbox


def log_in(client, email, password=PASSWORD, **more):
    return client.post(LOGIN, {"login": email, "password": password, **more})


def test_the_right_password_leads_home(client):
    user = UserFactory(email="ana@example.com")

    response = log_in(client, "ANA@example.com")

    assert (response.status_code, response["Location"]) == (302, "/my/")
    assert client.session["_auth_user_id"] == str(user.pk)


def test_after_the_login_the_waiting_page_follows(client):
    UserFactory(email="ana@example.com")
    waiting = "/oauth/authorize/?client_id=c&request_uri=urn%3Aexample%3A1"

    assert waiting.replace("&", "&amp;") in client.get(LOGIN, {"next": waiting}).content.decode()
    assert log_in(client, "ana@example.com", next=waiting)["Location"] == waiting


@pytest.mark.parametrize(
    "target",
    ["https://elsewhere.example.com/", "//elsewhere.example.com/", "javascript:alert(1)", "\\\\elsewhere"],
)
def test_a_login_leads_to_no_other_host(client, target):
    UserFactory(email="ana@example.com")

    assert log_in(client, "ana@example.com", next=target)["Location"] == "/my/"


def test_a_wrong_password_and_an_unknown_address_read_the_same(client):
    UserFactory(email="ana@example.com")

    wrong = log_in(client, "ana@example.com", "not the password").content.decode()
    unknown = log_in(client, "nobody@example.com", "not the password").content.decode()

    assert "The e-mail address or the password is not right." in wrong
    assert _without_what_differs(wrong) == _without_what_differs(unknown).replace("nobody@", "ana@")
    assert "not the password" not in wrong


def test_after_five_wrong_passwords_the_right_one_waits_too(client):
    UserFactory(email="ana@example.com")
    for _ in range(5):
        log_in(client, "ana@example.com", "not the password")

    response = log_in(client, "ana@example.com")

    assert "Too many attempts to log in." in response.content.decode()
    assert "_auth_user_id" not in client.session


def test_many_attempts_from_one_address_are_stopped_with_429(client):
    answers = [log_in(client, f"person{n}@example.com", "guess").status_code for n in range(61)]

    assert answers[:60] == [200] * 60
    assert answers[60] == 429


def test_someone_who_may_not_sign_in_any_more_does_not(client):
    UserFactory(email="ana@example.com", is_active=False)

    log_in(client, "ana@example.com")

    assert "_auth_user_id" not in client.session


def test_nobody_signs_themselves_up(client):
    form = {"email": "new@example.com", "password1": NEW_PASSWORD}

    response = client.post("/accounts/signup/", form)

    assert "Accounts are opened by your utility" in response.content.decode()
    assert not client.login(email="new@example.com", password=NEW_PASSWORD)


def test_logging_out_takes_a_post(client):
    client.force_login(UserFactory())

    confirmation = client.get("/accounts/logout/")
    assert confirmation.status_code == 200 and "_auth_user_id" in client.session

    client.post("/accounts/logout/")
    assert "_auth_user_id" not in client.session


def test_staff_come_in_by_the_same_door(client):
    StaffFactory(email="staff@example.com")

    refused = client.get("/admin/", follow=True)
    assert refused.redirect_chain[-1][0] == f"{LOGIN}?next=%2Fadmin%2F"

    assert log_in(client, "staff@example.com", next="/admin/")["Location"] == "/admin/"
    assert client.get("/admin/").status_code == 200


def test_admin_is_closed_to_customers(client):
    client.force_login(UserFactory())

    response = client.get("/admin/", follow=True)

    assert response.status_code == 403
    assert "This page is not open to you" in response.content.decode()


def test_a_forgotten_password_is_chosen_anew_by_mail_and_leads_to_the_waiting_page(client):
    UserFactory(email="ana@example.com")
    client.post(RESET, {"email": "ana@example.com", "next": "/help/"})

    link = re.search(r"http://127.0.0.1:8000(/\S+)", posted()[0].body).group(1)
    form = client.get(link, follow=True)
    response = client.post(
        form.redirect_chain[-1][0], {"password1": NEW_PASSWORD, "password2": NEW_PASSWORD, "next": "/help/"}
    )

    assert link.endswith("?next=%2Fhelp%2F")
    assert response["Location"] == "/help/"
    assert client.login(email="ana@example.com", password=NEW_PASSWORD)


def test_asking_for_a_link_tells_nothing_about_who_has_an_account(client):
    UserFactory(email="ana@example.com")

    known = client.post(RESET, {"email": "ana@example.com"}, follow=True)
    unknown = client.post(RESET, {"email": "nobody@example.com"}, follow=True)

    assert known.redirect_chain == unknown.redirect_chain == [("/accounts/password/reset/done/", 302)]
    assert [message.to for message in posted()] == [["ana@example.com"]]


def test_the_mail_speaks_for_the_utility_and_names_no_password(client):
    UserFactory(email="ana@example.com")

    client.post(RESET, {"email": "ana@example.com"})

    message = posted()[0]
    assert message.subject == "River Valley Power (demo): Choose your password"
    assert "River Valley Power (demo)" in message.body
    assert "testserver" not in message.body


def test_an_invited_person_chooses_a_password_once(client):
    user = UserFactory(email="new@example.com", password=None)
    link = invitation_url(user).removeprefix("http://127.0.0.1:8000")

    form = client.get(link, follow=True).redirect_chain[-1][0]
    client.post(form, {"password1": NEW_PASSWORD, "password2": NEW_PASSWORD})

    assert client.session["_auth_user_id"] == str(user.pk)
    assert "This link does not work any more" in client.get(link, follow=True).content.decode()


def test_a_weak_password_is_refused_with_the_reason(client):
    link = invitation_url(UserFactory(password=None)).removeprefix("http://127.0.0.1:8000")
    form = client.get(link, follow=True).redirect_chain[-1][0]

    response = client.post(form, {"password1": "password", "password2": "password"})

    assert "at least 10 characters" in response.content.decode()
    assert "Error:" in response.content.decode()


def test_a_page_that_can_be_left_without_a_login_offers_it(client, settings):
    assert cancel_url("/help/") == ""
    assert cancel_url("/oauth/authorize/") == ""  # a request named "cancel" is no way out

    settings.ROOT_URLCONF = _UrlsWithCancel
    assert cancel_url("/waiting/?a=1") == "/waiting/cancel/?a=1"
    text = client.get(LOGIN, {"next": "/waiting/?a=1"}).content.decode()
    assert '<a href="/waiting/cancel/?a=1">Cancel and go back</a>' in text


class _UrlsWithCancel:
    urlpatterns = [
        path("waiting/cancel/", LoginView.as_view(), name="waiting_cancel"),
        *project_urls.urlpatterns,
    ]


def _without_what_differs(text: str) -> str:
    return re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", text)

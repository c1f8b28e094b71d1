"""One page for who one is, how pages look, what mail comes and how one logs in."""

import pytest
from django.core.cache import cache
from django.test import Client

from tests.factories.accounts import PASSWORD, UserFactory
from tests.factories.sign_in import app_code, mailed_code, sent_mail, with_app, with_listed_passkey

PAGE, EMAIL, CODE, SESSIONS = (
    "/my/settings/",
    "/my/settings/email/",
    "/my/settings/email/code/",
    "/my/settings/sessions/",
)
CHOICES = {"name": "Ana", "language": "es", "theme": "dark", "yearly_summary": ""}

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _no_limits_left_over():
    cache.clear()


@pytest.fixture
def ana():
    return UserFactory(email="ana@example.com")


@pytest.fixture
def fresh(client, ana):
    """A browser in which Ana has just logged in."""
    client.post("/accounts/login/", {"login": ana.email, "password": PASSWORD})
    return client


def test_choices_are_kept_for_the_person_and_this_browser(fresh, ana):
    answer = fresh.post(PAGE, {key: value for key, value in CHOICES.items() if value})

    assert answer["Location"] == PAGE
    ana.refresh_from_db()
    assert (ana.name, ana.language, ana.theme, ana.yearly_summary) == ("Ana", "es", "dark", False)
    assert (fresh.cookies["django_language"].value, fresh.cookies["theme"].value) == ("es", "dark")


def test_the_language_on_offer_is_the_one_being_read(fresh):
    spanish = fresh.get(PAGE, headers={"Accept-Language": "es"}).content.decode()

    assert '<option value="es" selected>' in spanish


def test_only_offered_choices_are_taken(fresh, ana):
    answer = fresh.post(PAGE, {**CHOICES, "theme": "pink", "is_staff": "on"})

    assert answer.status_code == 200
    ana.refresh_from_db()
    assert (ana.theme, ana.is_staff) == ("", False)


def test_it_says_that_mail_about_sharing_stays_on(fresh):
    assert "Mail about what you share always comes" in fresh.get(PAGE).content.decode()


def test_it_costs_the_same_queries_however_many_passkeys(client, ana, django_assert_num_queries):
    client.force_login(ana)
    client.get(PAGE)
    with_listed_passkey(ana)
    for _ in range(2):
        # session, user, the form's own copy, second steps, single sign-on, session saved in a savepoint
        with django_assert_num_queries(9):
            client.get(PAGE)
        for number in range(10):
            with_listed_passkey(ana, f"key {number}")


def test_the_address_changes_once_the_code_comes_back_and_the_old_one_is_told(fresh, ana):
    fresh.post(EMAIL, {"email": "New@example.com"})
    ana.refresh_from_db()
    assert ana.email == "ana@example.com"

    assert fresh.post(CODE, {"code": mailed_code()})["Location"] == PAGE

    ana.refresh_from_db()
    assert ana.email == "new@example.com"
    mails = {letter.to[0]: letter for letter in sent_mail()[-2:]}
    assert mails.keys() == {"ana@example.com", "new@example.com"}
    assert all("was changed" in letter.subject for letter in mails.values())
    assert "new@example.com" not in mails["ana@example.com"].body


def test_an_address_of_somebody_else_is_refused_only_after_the_code(fresh, ana):
    UserFactory(email="taken@example.com")

    assert fresh.post(EMAIL, {"email": "taken@example.com"})["Location"] == CODE
    answer = fresh.post(CODE, {"code": mailed_code()})

    assert "Another login has this address already." in answer.content.decode()
    ana.refresh_from_db()
    assert ana.email == "ana@example.com"


@pytest.mark.parametrize(
    "path",
    [
        EMAIL, CODE, SESSIONS, "/accounts/passkeys/add/", "/accounts/app/add/", "/accounts/recovery-codes/new/",
    ],
)  # fmt: skip
def test_what_matters_asks_who_it_is_again(client, ana, path):
    client.force_login(ana)

    assert client.get(path)["Location"].startswith("/accounts/again/?next=")


def test_every_other_session_ends_and_this_one_stays(fresh, ana):
    other = Client()
    other.post("/accounts/login/", {"login": ana.email, "password": PASSWORD})
    assert other.get(PAGE).status_code == 200

    fresh.post(SESSIONS)

    assert fresh.get(PAGE).status_code == 200
    assert other.get(PAGE).status_code == 302


def test_a_new_password_ends_the_other_sessions_and_is_told_by_mail(fresh, ana):
    other = Client()
    other.post("/accounts/login/", {"login": ana.email, "password": PASSWORD})
    ana.language = "es"
    ana.save()
    new = "lanterns over the canal"

    fresh.post("/accounts/password/change/", {"oldpassword": PASSWORD, "password1": new, "password2": new})

    assert fresh.get(PAGE).status_code == 200
    assert other.get(PAGE).status_code == 302
    assert len(sent_mail()) == 1


def test_passkeys_of_others_do_not_exist(fresh):
    from allauth.mfa.models import Authenticator

    with_listed_passkey(UserFactory())
    key = Authenticator.objects.get().pk

    assert fresh.get(f"/accounts/passkeys/{key}/name/").status_code == 404
    assert fresh.post(f"/accounts/passkeys/{key}/remove/").status_code == 404


def test_turning_the_app_off_takes_the_recovery_codes_too_and_is_told(client, ana):
    with_app(ana)
    client.post("/accounts/login/", {"login": ana.email, "password": PASSWORD})
    client.post("/accounts/login/second-step/", {"code": app_code()})

    assert client.post("/accounts/app/remove/")["Location"] == PAGE

    assert not ana.authenticator_set.exists()
    assert [mail.subject for mail in sent_mail()] == [
        "River Valley Power (demo): Your authenticator app is off"
    ]


@pytest.mark.spec("F-40", "F-41")
def test_staying_is_for_who_is_logged_in(client, ana):
    assert client.post("/accounts/stay/").status_code == 401
    client.force_login(ana)
    assert client.post("/accounts/stay/").status_code == 204
    client.post("/accounts/logout/")
    assert client.post("/accounts/stay/").status_code == 401


@pytest.mark.parametrize(("theme", "kept"), [("dark", "dark"), ("light", "light"), ("", ""), ("pink", "")])
def test_the_theme_is_chosen_without_a_login(client, theme, kept):
    answer = client.post("/theme/", {"theme": theme, "next": "https://elsewhere.example.com/"})

    assert answer["Location"] == "/"
    assert (f'data-theme="{kept}"' in client.get("/").content.decode()) == bool(kept)

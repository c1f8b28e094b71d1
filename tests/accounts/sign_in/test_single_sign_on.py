"""Single sign-on opens a login that exists, by an address the provider has verified, and never makes one."""

from urllib.parse import parse_qs, urlsplit

import pytest
from allauth.socialaccount.models import SocialAccount
from django.core.cache import cache

from accounts.models import User
from tests.accounts.sign_in.provider import CLIENT_ID, CLIENT_SECRET, Provider, serve
from tests.factories.accounts import UserFactory
from tests.factories.sign_in import sent_mail, with_app

BEGIN, BACK, LOGIN = "/accounts/login/sso/", "/accounts/login/sso/callback/", "/accounts/login/"
ANA = {"sub": "emp-1", "email": "ana@example.com", "email_verified": True, "name": "Ana"}

pytestmark = pytest.mark.django_db


@pytest.fixture
def provider(settings):
    cache.clear()
    provider = Provider(person=dict(ANA))
    server = serve(provider)
    settings.SINGLE_SIGN_ON_NAME = "Valley ID"
    settings.SOCIALACCOUNT_PROVIDERS = {
        "openid_connect": {
            "OAUTH_PKCE_ENABLED": True,
            "APPS": [
                {
                    "provider_id": "sso",
                    "name": "Valley ID",
                    "client_id": CLIENT_ID,
                    "secret": CLIENT_SECRET,
                    "settings": {"server_url": provider.url},
                }
            ],
        }
    }
    yield provider
    server.shutdown()
    server.server_close()


def go(client, waiting=""):
    """To the provider: what it was asked."""
    answer = client.get(BEGIN, {"next": waiting} if waiting else {})
    assert answer.status_code == 302, answer.content
    return {name: values[0] for name, values in parse_qs(urlsplit(answer["Location"]).query).items()}


def come_back(client, query, **more):
    return client.get(BACK, {"state": query["state"], **(more or {"code": "one"})})


@pytest.mark.spec("X-17")
def test_the_provider_sends_people_back_to_this_site_whatever_host_was_called(client, provider, settings):
    settings.ALLOWED_HOSTS, settings.PUBLIC_URL = ["*"], "https://share.example.com:8443"

    answer = client.get(BEGIN, headers={"Host": "attacker.example:6666"})

    query = parse_qs(urlsplit(answer["Location"]).query)
    assert query["redirect_uri"] == [f"https://share.example.com:8443{BACK}"]


def test_a_person_with_a_verified_address_comes_in_and_the_waiting_page_follows(client, provider):
    user = UserFactory(email="Ana@example.com")

    assert "Log in with Valley ID" in client.get(LOGIN).content.decode()
    query = go(client, "/help/")
    done = come_back(client, query)

    assert done["Location"] == "/help/"
    assert client.session["_auth_user_id"] == str(user.pk)
    assert query["code_challenge_method"] == "S256"
    assert query["redirect_uri"].endswith(BACK)
    assert "code_verifier" in provider.token_requests[0]
    assert [mail.subject for mail in sent_mail()] == [
        "River Valley Power (demo): Your login is tied to Valley ID"
    ]


def test_the_second_time_the_providers_name_for_the_person_counts_and_no_copy_is_kept(client, provider):
    user = UserFactory(email="ana@example.com")
    come_back(client, go(client))
    client.post("/accounts/logout/")
    provider.person["email"] = "ana.married@example.com"

    come_back(client, go(client))

    assert client.session["_auth_user_id"] == str(user.pk)
    assert SocialAccount.objects.get().extra_data == {}


@pytest.mark.parametrize(
    "person",
    [
        {**ANA, "email_verified": False},
        {**ANA, "email_verified": "false"},
        {key: value for key, value in ANA.items() if key != "email_verified"},
        {**ANA, "email": "stranger@example.com"},
    ],
    ids=["not verified", "a word", "not said", "unknown"],
)
def test_nobody_else_comes_in_and_nobody_is_signed_up(client, provider, person):
    UserFactory(email="ana@example.com")
    provider.person = person

    answer = come_back(client, go(client, "/help/"))

    assert answer["Location"] == f"{LOGIN}?next=%2Fhelp%2F"
    assert "There is no access here for this person." in client.get(answer["Location"]).content.decode()
    assert "_auth_user_id" not in client.session
    assert User.objects.count() == 1 and not SocialAccount.objects.exists()


def test_another_name_with_the_same_address_is_refused(client, provider):
    UserFactory(email="ana@example.com")
    come_back(client, go(client))
    client.post("/accounts/logout/")
    provider.person["sub"] = "emp-2"

    come_back(client, go(client))

    assert "_auth_user_id" not in client.session
    assert SocialAccount.objects.get().uid == "emp-1"


def test_a_token_for_somebody_else_is_refused(client, provider):
    UserFactory(email="ana@example.com")
    provider.audience = "another server"

    answer = come_back(client, go(client))

    assert "did not work" in client.get(answer["Location"]).content.decode()
    assert "_auth_user_id" not in client.session


def test_a_made_up_state_is_refused(client, provider):
    UserFactory(email="ana@example.com")
    go(client)

    answer = client.get(BACK, {"state": "made-up", "code": "one"})

    assert answer["Location"].startswith(LOGIN)
    assert "_auth_user_id" not in client.session


@pytest.mark.spec("F-36", "F-37")
def test_a_cancel_at_the_provider_is_a_cancel_of_the_waiting_request(client, provider):
    waiting = "/oauth/authorize/a-key/"

    declined = come_back(client, go(client, waiting), error="access_denied")
    elsewhere = come_back(client, go(client, "/help/"), error="access_denied")

    assert declined["Location"] == "/oauth/authorize/a-key/cancel/"
    assert elsewhere["Location"] == f"{LOGIN}?next=%2Fhelp%2F"


def test_a_second_step_of_ones_own_is_asked_all_the_same(client, provider):
    with_app(UserFactory(email="ana@example.com"))

    assert come_back(client, go(client))["Location"] == "/accounts/login/second-step/"


def test_a_provider_that_does_not_answer_leads_back_with_words(client, provider, settings):
    app = settings.SOCIALACCOUNT_PROVIDERS["openid_connect"]["APPS"][0]
    app["settings"] = {"server_url": "http://127.0.0.1:9"}

    answer = client.get(BEGIN, follow=True)

    assert "Logging in with Valley ID did not work." in answer.content.decode()


def test_it_is_off_where_no_provider_is_named(client):
    assert client.get(BEGIN).status_code == 404
    assert client.get(BACK, {"code": "one"}).status_code == 404
    assert "/sso/" not in client.get(LOGIN).content.decode()


def test_an_address_asks_to_connect_and_logs_in_all_the_same(client, provider):
    """The library could tie any person to whoever is logged in; this site's address never does."""
    UserFactory(email="ana@example.com")
    other = UserFactory()
    client.force_login(other)

    query = {
        name: values[0]
        for name, values in parse_qs(
            urlsplit(client.get(BEGIN, {"process": "connect"})["Location"]).query
        ).items()
    }
    come_back(client, query)

    assert not SocialAccount.objects.filter(user=other).exists()

"""What waits for a login is found again, whichever way the login takes."""

import pytest
from django.core.cache import cache

from accounts.mail.invitations import invitation_url
from tests.factories.accounts import PASSWORD, UserFactory

WAITING = "/oauth/authorize/a-key/"
CHOSEN = "lanterns over the canal"

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _no_limits_left_over():
    cache.clear()


def test_an_invitations_link_leads_to_the_request_that_waits_in_this_browser(client):
    link = invitation_url(UserFactory(password=None)).removeprefix("http://127.0.0.1:8000")
    client.get("/accounts/login/", {"next": WAITING})

    form = client.get(link, follow=True)
    done = client.post(form.redirect_chain[-1][0], {"password1": CHOSEN, "password2": CHOSEN})

    assert f'href="{WAITING}cancel/"' in form.content.decode()
    assert done["Location"] == WAITING


def test_it_is_remembered_once_and_only_for_requests(client):
    user = UserFactory()
    client.get("/accounts/login/", {"next": "/help/"})
    form = {"login": user.email, "password": PASSWORD}
    assert client.post("/accounts/login/", form)["Location"] == "/my/"
    client.post("/accounts/logout/")

    client.get("/accounts/login/", {"next": WAITING})
    assert client.post("/accounts/login/", form)["Location"] == WAITING
    client.post("/accounts/logout/")
    assert client.post("/accounts/login/", form)["Location"] == "/my/"


@pytest.mark.parametrize(
    "path", ["/accounts/login/", "/accounts/login/code/", "/accounts/password/reset/", "/accounts/activate/"]
)
@pytest.mark.spec("F-36", "F-37")
def test_every_way_in_offers_the_way_out(client, path):
    assert f'href="{WAITING}cancel/"' in client.get(path, {"next": WAITING}).content.decode()


@pytest.mark.parametrize(
    "target", ["//elsewhere.example.com/", "https://elsewhere.example.com/", "javascript:alert(1)"]
)
def test_an_address_elsewhere_does_not_wait(client, target):
    text = client.get("/accounts/activate/", {"next": target}).content.decode()

    assert f'value="{target}"' not in text and f'href="{target}"' not in text


@pytest.mark.parametrize("path", ["/accounts/login/", "/accounts/login/code/", "/accounts/activate/"])
def test_the_ways_in_cost_a_stranger_no_query(client, path, django_assert_num_queries):
    with django_assert_num_queries(0):
        client.get(path)


@pytest.mark.spec("F-40")
def test_a_session_lasts_two_hours_after_each_page(client):
    client.force_login(UserFactory())

    for _ in range(2):
        assert client.get("/my/settings/").cookies["sessionid"]["max-age"] == 2 * 60 * 60

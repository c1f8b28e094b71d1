"""The pages before the login: there, in one frame, with nothing inline."""

import re
from html.parser import HTMLParser

import pytest

PAGES = {
    "/": "Your energy data, shared as you choose",
    "/help/": "Help",
    "/styleguide/": "Style guide",
    "/accounts/login/": "Log in",
    "/accounts/signup/": "Accounts are opened by your utility",
    "/accounts/inactive/": "This login is closed",
    "/accounts/password/reset/": "Get a link to choose a password",
    "/accounts/password/reset/done/": "Look at your e-mail",
    "/accounts/password/reset/key/1-old/": "This link does not work any more",
    "/accounts/password/reset/key/done/": "Your password is saved",
}


class Page(HTMLParser):
    """What a test looks for in markup."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.inline: list[str] = []
        self.hosts: list[str] = []
        self.ids: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        values = dict(attrs)
        if tag == "style" or (tag == "script" and "src" not in values):
            self.inline.append(tag)
        self.inline += [f"{tag} {name}" for name in values if name == "style" or name.startswith("on")]
        if tag in ("script", "link", "img"):
            source = values.get("src") or values.get("href") or ""
            self.hosts += [source] if re.match(r"(https?:)?//", source) else []
        if "id" in values:
            self.ids.append(values["id"])


@pytest.mark.django_db
@pytest.mark.parametrize("path", PAGES)
def test_a_public_page_says_what_it_is_and_brings_nothing_inline(client, path):
    response = client.get(path)

    text = response.content.decode()
    page = Page(text)
    assert response.status_code == 200
    assert re.findall(r"<h1[^>]*>\s*(.*?)\s*</h1>", text) == [PAGES[path]]
    assert (page.inline, page.hosts) == ([], [])
    assert len(page.ids) == len(set(page.ids))


@pytest.mark.django_db
def test_the_menu_shows_the_customers_pages_only_to_those_who_are_logged_in(client, django_user_model):
    assert b'href="/my/' not in client.get("/help/").content.split(b"<main")[0]

    client.force_login(django_user_model.objects.create_user("ana@example.com"))

    text = client.get("/help/").content.decode()
    assert 'href="/my/sharing/"' in text
    assert re.search(r'href="/help/" aria-current="page"', text)


@pytest.mark.django_db
def test_the_language_changes_by_a_button_and_stays(client):
    response = client.post("/i18n/setlang/", {"language": "es", "next": "/help/"})

    assert response["Location"] == "/help/"
    assert '<html lang="es"' in client.get("/help/").content.decode()


@pytest.mark.django_db
def test_changing_the_language_leads_to_no_other_host(client):
    response = client.post("/i18n/setlang/", {"language": "es", "next": "https://elsewhere.example.com/"})

    assert response["Location"] == "/"


@pytest.mark.django_db
def test_the_front_page_leads_to_the_login_and_the_documentation_and_holds_nobodys_data(
    client, django_assert_num_queries
):
    with django_assert_num_queries(0):
        text = client.get("/").content.decode().split("<main")[1]

    assert 'href="/accounts/login/"' in text
    assert 'href="/docs/"' in text

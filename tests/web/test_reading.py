"""Pages of people, of settings and of third parties, and every mail: whole in both languages, easy to read."""

from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.conf import settings
from django.template.loader import render_to_string
from django.test import Client as Browser
from django.utils import translation

from accounts.mail.queue import words_of
from accounts.models import OutgoingMail, Role
from accounts.services.inviting import Offered, invite
from cdsc_portal.lib.time import clock
from consent.mail.grant_events import mail_change
from consent.mail.texts import Notice
from consent.models import ClientContact
from consent.services.third_parties.threads import write_to_utility
from tests.factories.accounts import PASSWORD, MembershipFactory, UserFactory, household
from tests.factories.consent import ClientFactory, approve, ask
from tests.web.reading import ease, english_in, grade, sentences

LANGUAGES = ("en", "es")
# of one role: to end that of a viewer, of the owner who looks, and to change that of a delegate
PEOPLE = (
    "/my/people/",
    "/my/people/invite/",
    "/my/people/{customer}/{viewer}/all/end/",
    "/my/people/{customer}/{owner}/all/end/",
    "/my/people/{customer}/{delegate}/all/change/",
)
SETTINGS = (
    "/my/settings/",
    "/my/settings/email/",
    "/my/settings/sessions/",
    "/accounts/password/change/",
    "/accounts/second-step/",
    "/accounts/app/add/",
    "/accounts/passkeys/add/",
)
DEVELOPER = (
    "/developer/",
    "/developer/clients/{client}/secret/",
    "/developer/messages/new/",
    "/developer/messages/{thread}/",
)
TEMPLATES = settings.BASE_DIR / "templates"
MAILS = sorted(
    str(path.relative_to(TEMPLATES))
    for pattern in ("account/email/*_message.txt", "mfa/email/*_message.txt", "emails/[ci]*.*")
    for path in TEMPLATES.glob(pattern)
    if not path.name.startswith("base_")
)
WORDS = {
    "code": "123456",
    "days": 3,
    "link": "https://share.example.com/x",
    "name": "Leo",
    "password_reset_url": "https://share.example.com/x",
    "person": "Leo",
    "provider": "Sol",
    "utility": "Demo",
    "utility_name": "Demo",
    "when": "24.11.2026",
}

pytestmark = [pytest.mark.django_db, pytest.mark.parametrize("language", LANGUAGES)]


@pytest.fixture
def ana(language):
    """She owns a home with a viewer and a delegate, has invited somebody, and is the contact of a company."""
    at = clock.now()
    home = household(owner=UserFactory(email="ana@example.com", name="Ana Demo", language=language))
    held = {
        role: MembershipFactory(customer=home.customer, user__name="Leo Demo", role=role, until=until).user
        for role, until in ((Role.VIEWER, None), (Role.DELEGATE, at + timedelta(days=90)))
    }
    offered = Offered(home.customer, None, Role.VIEWER, may_share=False, until=None)
    invite(email="leo@example.com", offered=offered, by=home.owner, at=at)
    client = ClientFactory(name="Sol (demo)")
    ClientContact.objects.create(client=client, user=home.owner)
    thread = write_to_utility(client=client, by=home.owner, subject="Sol", text="Sol", at=at)
    people = {"owner": home.owner, "viewer": held[Role.VIEWER], "delegate": held[Role.DELEGATE]}
    parts = {"customer": home.customer, "client": client, "thread": thread, **people}
    return SimpleNamespace(user=home.owner, ids={name: part.public_id for name, part in parts.items()})


@pytest.fixture
def reader(ana):
    reader = Browser()
    reader.post("/accounts/login/", {"login": ana.user.email, "password": PASSWORD})
    return reader


def assert_easy(text, language):
    """Years of school for English, Fernández Huerta for Spanish, in which no English word stands either."""
    if language == "en":
        assert grade(text) <= 8
    else:
        assert english_in(text) == []
        assert ease(text) >= 60


@pytest.mark.parametrize("path", [*PEOPLE, *SETTINGS, *DEVELOPER])
def test_a_page_of_people_of_settings_or_of_a_third_party_is_easy_to_read(reader, ana, language, path):
    answer = reader.get(path.format(**ana.ids))

    text = answer.content.decode()
    assert answer.status_code == 200
    assert f'<html lang="{language}"' in text
    assert_easy(text, language)


@pytest.mark.parametrize("template", MAILS)
def test_a_mail_about_the_login_is_easy_to_read(language, template):
    with translation.override(language):
        text = render_to_string(template, WORDS)

    assert_easy(text if template.endswith(".html") else as_page(text), language)


@pytest.mark.spec("P-16")
@pytest.mark.parametrize("notice", Notice)
def test_a_mail_about_sharing_is_easy_to_read(language, ana, notice):
    usage = {"type": "usage_data", "start": "-3y", "end": "+3y", "services": "all"}
    with translation.override(language):
        grant = approve(ask(usage, user=ana.user, client=ClientFactory(name="Sol (demo)")))

    mail_change(notice, grant=grant, at=clock.now())

    written = words_of(OutgoingMail.objects.filter(user=ana.user, kind=notice.value).last())
    assert_easy(as_page(f"{written.subject}\n\n{written.text}"), language)
    assert_easy(written.html, language)


def as_page(text):
    return "<body>" + "".join(f"<p>{paragraph}</p>" for paragraph in text.split("\n\n")) + "</body>"


def test_labels_do_not_make_a_hard_sentence_an_easy_one(language):
    hard = {
        "en": "Notwithstanding any authorization previously communicated, individual disclosures necessitate "
        "<b>prior</b> documentation of organizational responsibility.",
        "es": "La autorización previamente comunicada requiere documentación <b>individualizada</b> sobre las "
        "responsabilidades organizativas correspondientes.",
    }
    text = f"<body><ul>{'<li>Sí</li>' * 100}</ul><p>{hard[language]}</p></body>"

    assert len(sentences(text)) == 1
    with pytest.raises(AssertionError):
        assert_easy(text, language)

"""Spanish, whole: every page and mail of a customer's, in words that are easy to read."""

import os
import re
from datetime import UTC, datetime
from gettext import GNUTranslations

import pytest
import time_machine
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po
from django.core import mail
from django.test import Client as Browser
from django.urls import reverse
from django.utils import translation

from accounts.mail.invitations import write_invitations
from accounts.mail.queue import send_waiting_mail, words_of
from accounts.models import Commodity, OutgoingMail, Role
from cdsc_portal.lib.time.dates_in_words import day_in_words, moment_in_words
from consent.models import Actor, Disclosure
from consent.services.revoke import expire_grants, revoke_grant
from tests.consent.pages.form import PostedForm
from tests.factories.accounts import PASSWORD, MembershipFactory, UserFactory, add_service, household
from tests.factories.consent import ClientFactory, approve, ask, receipt_page_of
from tests.factories.sign_in import sent_mail
from tests.support.titles import title_of
from tests.web.reading import ease, english_in, words
from tools import messages
from tools.messages import (
    CATALOGUE,
    EVERYTHING,
    NotLiteral,
    differences,
    marked_texts,
    texts_of,
    untranslated,
)

AT = datetime(2026, 11, 24, 18, 2, tzinfo=UTC)
USAGE = {"type": "usage_data", "start": "-3y", "end": "+3y", "services": "all"}
BILLS = {"type": "bill_statements", "start": "-1y", "end": "now", "services": "all"}
MIX = {"type": "generation_mix", "start": "-30d", "end": "now"}
SUPPLY = {"type": "customer_supply_details", "end": "+1y", "services": "all"}

# third parties' and staff's pages use the field's own words
FOR_PROFESSIONALS = (
    "cdsc_portal/web/docs/*.py", "templates/web/docs/*", "templates/consent/developer/*",
    "consent/pages/developer/views.py", "*/admin/*.py", "consent/secret_form.py",
)  # fmt: skip
FOR_CUSTOMERS = (*EVERYTHING, *(f":!{pattern}" for pattern in FOR_PROFESSIONALS))
CODES = {"scope", "scopes", "grant", "grants", "token", "tokens", "alcance", "alcances"}

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _at_a_known_time():
    with time_machine.travel(AT, tick=False):
        yield


@pytest.fixture
def home():
    home = household(owner=UserFactory(email="ana@example.com", name="Ana Ejemplo", language="es"))
    add_service(owner=home.owner, account=home.account, commodity=Commodity.WATER)
    return home


@pytest.fixture
def reader(home):
    reader = Browser()
    reader.cookies["django_language"] = "es"
    reader.force_login(home.owner)
    return reader


@pytest.fixture
def request_(home):
    return ask(USAGE, BILLS, MIX, SUPPLY, user=home.owner, client=ClientFactory(name="Sol (demo)"))


@pytest.fixture
def grant(home):
    """Given on a Spanish page, read once."""
    with translation.override("es"):
        grant = approve(ask(USAGE, BILLS, user=home.owner, client=ClientFactory(name="Sol (demo)")))
    Disclosure.objects.create(
        grant=grant,
        scope="usage_data",
        resource="usage_data",
        value_count=96,
        released_at=AT,
        start=AT,
        end=AT,
        contracts=[home.contract.pk],
    )
    return grant


PAGES = {
    "/": "Sus datos de energía, compartidos como usted quiera",
    "/help/": "Quiero dejar de compartir",
    "/accounts/login/": "Iniciar sesión",
    "/accounts/password/reset/": "Enviar el enlace",
    "/accounts/password/reset/done/": "Revise su correo",
    "/accounts/password/reset/key/1-old/": "Este enlace ya no funciona",
    "/accounts/signup/": "Su compañía de servicios le da el acceso",
    "/accounts/inactive/": "Este acceso está cerrado",
    "/nowhere/": "Aquí no hay ninguna página",
    "/oauth/authorize/?client_id=nobody": "Este enlace no funciona",
}


@pytest.mark.spec("P-16")
@pytest.mark.parametrize("path", PAGES)
def test_a_page_before_the_login_is_spanish(client, path):
    client.cookies["django_language"] = "es"

    text = client.get(path).content.decode()

    assert PAGES[path] in text
    assert '<html lang="es"' in text
    assert english_in(text) == []


@pytest.mark.spec("P-16")
def test_the_request_page_is_spanish_and_easy_to_read(reader, request_):
    text = reader.get(request_.page).content.decode()

    for sentence in (
        "Lecturas desde el 24 de noviembre de 2023, y lo nuevo hasta el 24 de noviembre de 2029",
        "Facturas del 24 de noviembre de 2025 al 24 de noviembre de 2026 (hora del Pacífico). Nada posterior.",
        "Compartir lo marcado",
        "No compartir",
        "Agua",
        "2 de 2 marcados",
    ):
        assert sentence in text
    assert english_in(text) == []
    assert ease(text) >= 60


def test_the_errors_of_the_request_page_are_spanish(reader, request_):
    address = request_.page
    nothing = PostedForm.on(reader, reader.get(address))
    for scope in ("usage_data", "bill_statements", "generation_mix", "customer_supply_details"):
        nothing.untick(f"share-{scope}")
    no_day = PostedForm.on(reader, reader.get(address))
    no_day.fill("start-usage_data", "soon")

    nothing, no_day = (form.press("decision", "approve").content.decode() for form in (nothing, no_day))

    assert "Marque al menos un tipo de datos, o elija “No compartir”." in nothing
    assert f"“{title_of('usage_data', 'es')}”: escriba una fecha" in no_day
    assert english_in(nothing) == english_in(no_day) == []


def test_the_page_of_who_may_only_look_is_spanish(home, request_):
    viewer = UserFactory(language="es", name="Eva Ejemplo")
    MembershipFactory(customer=home.customer, user=viewer, role=Role.VIEWER)
    looking = ask(USAGE, user=viewer, client=request_.client)
    reader = Browser()
    reader.cookies["django_language"] = "es"
    reader.force_login(viewer)

    text = reader.get(looking.page).content.decode()

    assert "Usted puede leer esta solicitud, pero no decidirla" in text
    assert english_in(text) == []


def test_the_sharing_pages_and_the_receipt_are_spanish_and_easy_to_read(home, reader, grant, request_):
    receipt = grant.receipts.get()
    pages = {
        reverse("my_home"): "1 empresa puede leer sus datos",
        reverse("sharing_list"): "Esperan su decisión",
        reverse("sharing_detail", args=[grant.public_id]): "Quién leyó qué",
        reverse("sharing_stop", args=[grant.public_id]): "¿Dejar de compartir con Sol (demo)?",
        receipt_page_of(receipt): "Lo que usted aceptó compartir",
        f"{receipt_page_of(receipt)}stop/": "Seguir compartiendo",
    }

    for address, sentence in pages.items():
        text = reader.get(address).content.decode()

        assert sentence in text
        assert english_in(text) == []
        assert ease(text) >= 60


@pytest.mark.spec("P-16")
def test_mail_about_sharing_is_in_the_language_of_its_reader(home, grant):
    english = UserFactory(language="en")
    MembershipFactory(customer=home.customer, user=english)
    revoke_grant(grant=grant, by=home.owner, actor=Actor.CUSTOMER, at=AT)
    other = approve(ask(USAGE, user=home.owner, client=ClientFactory(name="Luz (demo)")))
    expire_grants(at=other.access_ends)

    theirs = OutgoingMail.objects.filter(user=home.owner)
    assert {row.kind for row in theirs} == {"approved", "stopped", "ended"}
    for row in theirs:
        assert (
            english_in(f"<body><p>{row.subject}</p><p>{words_of(row).text}</p></body>")
            == english_in(words_of(row).html)
            == []
        )
    stopped = OutgoingMail.objects.get(user=english, kind="stopped")
    assert stopped.subject == "Sol (demo) can no longer read your data"


def test_mail_about_the_login_is_spanish(client, home):
    new = UserFactory(email="nueva@example.com", name="Eva", language="es")
    write_invitations(users=[new], at=AT)
    client.cookies["django_language"] = "es"

    send_waiting_mail(at=AT)
    client.post("/accounts/password/reset/", {"email": home.owner.email})

    sent_mail()
    assert len(mail.outbox) == 2
    for sent in mail.outbox:
        assert english_in(f"<body><p>{sent.subject}</p><p>{sent.body}</p></body>") == []


def test_the_switch_names_each_language_in_its_own_words(client):
    english = client.get("/help/").content.decode()
    client.cookies["django_language"] = "es"
    spanish = client.get("/help/").content.decode()

    assert 'value="es" lang="es">Español</button>' in english
    assert 'value="en" lang="en">English</button>' in spanish


def test_the_language_chosen_while_logged_in_is_the_language_of_mail(client):
    user = UserFactory(language="en")
    client.force_login(user)

    client.post(reverse("set_language"), {"language": "es", "next": "/help/"})

    user.refresh_from_db()
    assert user.language == "es"


def test_the_language_chosen_before_the_login_is_kept_by_it(client):
    user = UserFactory(email="ana@example.com", language="en")
    client.post(reverse("set_language"), {"language": "es", "next": "/accounts/login/"})

    client.post("/accounts/login/", {"login": "ana@example.com", "password": PASSWORD})

    user.refresh_from_db()
    assert user.language == "es"


def test_a_new_browser_learns_the_language_at_the_login(client):
    UserFactory(email="ana@example.com", language="es")

    client.post("/accounts/login/", {"login": "ana@example.com", "password": PASSWORD})

    assert '<html lang="es"' in client.get("/help/").content.decode()


def test_an_unknown_language_changes_nothing(client):
    user = UserFactory(language="en")
    client.force_login(user)

    client.post(reverse("set_language"), {"language": "tlh", "next": "/help/"})

    user.refresh_from_db()
    assert user.language == "en"


def test_dates_have_spanish_months_and_the_clock_of_the_region():
    with translation.override("es"):
        assert day_in_words(AT) == "24 de noviembre de 2026"
        assert moment_in_words(AT) == "24 de noviembre de 2026, 10:02 AM"


def test_the_catalogue_is_whole_and_names_no_code():
    with CATALOGUE.open("rb") as file:
        catalogue = read_po(file, locale="es")

    customers = texts_of(marked_texts(*FOR_CUSTOMERS)).keys()
    technical = texts_of(marked_texts(*FOR_PROFESSIONALS)).keys() - customers
    translations = [
        text for key, forms in texts_of(catalogue).items() if key not in technical for text in forms
    ]
    assert [*differences(catalogue, marked_texts()), *untranslated(catalogue)] == []
    assert [text for text in translations if CODES & set(words(re.sub(r"%\(\w+\)\w", "", text)))] == []


@pytest.mark.parametrize(
    ("entry", "problem"),
    [
        ({"id": "Share this", "string": ""}, "not translated"),
        ({"id": "Share this", "string": "Share this"}, "the same as in English"),
        ({"id": "Share this", "string": "Compartir esto", "flags": ["fuzzy"]}, "fuzzy"),
        ({"id": "with %(company)s", "string": "con la empresa"}, "other placeholders"),
        ({"id": ("one", "%(count)s"), "string": ("uno", "")}, "not translated"),
    ],
)
def test_the_check_refuses_a_text_that_is_not_ready(entry, problem):
    catalogue = Catalog(locale="es")
    catalogue.add(**entry)

    [problem_line] = untranslated(catalogue)

    assert problem_line.startswith(problem)


def test_a_set_up_compiles_what_is_missing_or_older_than_the_catalogue(tmp_path, monkeypatch):
    catalogue, compiled = tmp_path / "django.po", tmp_path / "django.mo"
    monkeypatch.setattr(messages, "CATALOGUE", catalogue)
    monkeypatch.setattr(messages, "COMPILED", compiled)

    for second, text in enumerate(("Hola", "Buenas")):
        catalogue.write_text(f'msgid "Hello"\nmsgstr "{text}"\n', encoding="utf-8")
        os.utime(catalogue, (second, second))
        if compiled.exists():
            os.utime(compiled, (second - 1, second - 1))
        messages.compile_if_stale()

        with compiled.open("rb") as file:
            assert GNUTranslations(file).gettext("Hello") == text
        assert sorted(tmp_path.iterdir()) == [compiled, catalogue]


def test_the_check_refuses_texts_of_which_code_and_catalogue_disagree():
    catalogue, marked = Catalog(locale="es"), Catalog()
    catalogue.add("Gone", "Ya no")
    marked.add("New")

    lines = list(differences(catalogue, marked))

    assert lines == ["not in the catalogue: 'New'", "in the catalogue, but nowhere in the code: 'Gone'"]


@pytest.mark.parametrize(
    ("name", "source", "texts"),
    [
        ("a.py", 'a = _("Share")\nb = ngettext("%(n)s day", "%(n)s days", 2)', ["Share", ("%(n)s day", "%(n)s days")]),
        ("a.py", 'a = pgettext_lazy("kind of service", "gas")', ["gas"]),
        ("a.html", '{% load i18n %}\n  <p>{% translate "Share" %}</p>', ["Share"]),
        ("a.html", "  {% blocktranslate %}Stop {{ company }}{% endblocktranslate %}", ["Stop %(company)s"]),
        ("a.html", '{% blocktranslate count n=days %}1 day{% plural %}{{ n }} days{% endblocktranslate %}',
         [("1 day", "%(n)s days")]),
        ("a.txt", '{% translate "It\'s yours" context "data" %}', ["It's yours"]),
    ],
)  # fmt: skip
def test_each_way_to_mark_a_text_is_read(tmp_path, monkeypatch, name, source, texts):
    _only_file(tmp_path / name, source, monkeypatch)

    assert [message.id for message in marked_texts() if message.id] == texts


@pytest.mark.parametrize(
    "source", ["_(words)", "ngettext('one', many, 2)", "f\"{_('Share')}: now\"", '_(f"{n} days")']
)
def test_a_text_that_could_never_be_translated_is_refused(tmp_path, monkeypatch, source):
    _only_file(tmp_path / "a.py", source, monkeypatch)

    with pytest.raises(NotLiteral, match="a.py"):
        marked_texts()


def _only_file(path, source, monkeypatch):
    imports = "from django.utils.translation import gettext as _\n" if path.suffix == ".py" else ""
    path.write_text(imports + source)
    monkeypatch.setattr(messages, "project_files", lambda *_patterns: [path])
    monkeypatch.setattr(messages, "ROOT", path.parent)
